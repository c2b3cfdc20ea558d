#include "props/signals/signal_classes.h"

#include "props/signals/signal_class_parts.h"

#include <rapidcheck.h>

#include <utility>

namespace quire::props {
namespace {

using Kind = HostAction::Kind;

}  // namespace

SignalClasses::SignalClasses(const std::vector<CopyKernel>& kernels, bool waits)
    : kernels_(kernels.size()), waits_(waits) {
  add_copies(kernels);
  add_hosts();
  add_signals();
  add_deeds();
}

void SignalClasses::add(
    std::string name, std::function<bool(const SignalCase&, const Observed&, int)> has,
    std::function<void(SignalCase&)> aim) {
  classes_.push_back({std::move(name), std::move(has), std::move(aim)});
}

void SignalClasses::add_copies(const std::vector<CopyKernel>& kernels) {
  const auto copy_is = [&](const char* name, auto is, std::function<void(SignalCase&)> aim) {
    add(
        name, [is](const SignalCase& c, const Observed&, int) { return is(c); }, std::move(aim));
  };
  for (std::size_t i = 0; i < kernels.size(); ++i) {
    add("a signal into " + kernels[i].name,
        any_of([i](const SignalCase& c, const Befalls&, const Happened& h) {
          return h.in_copy && !c.by_call && c.kernel == i;
        }),
        [i](SignalCase& c) {
          plain_case(c);
          c.kernel = i;
          c.bytes = c.readable = 1500;  // a stream begins at 1024
          c.befalls = {interrupting(Deed::sends, Place::inside, 20)};
        });
  }
  copy_is(
      "a whole copy up to memory without access",
      [](const SignalCase& c) { return c.whole() && !c.at_front && c.bytes > 0; },
      [](SignalCase& c) { c.at_front = false, c.bytes = c.readable = 500; });
  copy_is(
      "a whole copy from behind memory without access",
      [](const SignalCase& c) { return c.at_front && c.bytes > 0; },
      [](SignalCase& c) { c.at_front = true, c.bytes = c.readable = 500; });
  copy_is(
      "a copy that SIGSEGV ends short",
      [](const SignalCase& c) { return !c.whole() && c.tail == Tail::no_access; }, plain_case);
  copy_is(
      "a copy that SIGBUS ends short",
      [](const SignalCase& c) { return !c.whole() && c.tail == Tail::past_the_end; },
      [](SignalCase& c) { plain_case(c), c.tail = Tail::past_the_end; });
  copy_is(
      "a call, libquire's handler on top",
      [](const SignalCase& c) { return c.by_call && !c.blocked && c.later != Later::on_top; },
      [](SignalCase& c) { plain_case(c), c.by_call = true; });
  copy_is(
      "the signals blocked", [](const SignalCase& c) { return c.blocked; },
      [](SignalCase& c) { plain_case(c), c.blocked = true; });
}

void SignalClasses::add_hosts() {
  const auto host = [&](const std::string& name, auto is, auto make) {
    add("the host: " + name, any_of([is](const SignalCase& c, const Befalls& b, const Happened&) {
          return b.deed != Deed::copies && is(c);
        }),
        [make](SignalCase& c) {
          plain_case(c);
          c.befalls = {
              interrupting(Deed::sends, Place::inside), interrupting(Deed::faults, Place::stop)};
          make(c);
        });
  };
  for (const Kind kind : {Kind::siginfo, Kind::plain, Kind::ignores, Kind::by_default}) {
    host(
        name_of(kind),
        [kind](const SignalCase& c) { return c.host.kind == kind && c.later == Later::none; },
        [kind](SignalCase& c) { c.host.kind = kind; });
  }
  host(
      "SA_NODEFER", [](const SignalCase& c) { return c.host.no_defer && c.later == Later::none; },
      [](SignalCase& c) { c.host.no_defer = true; });
  host(
      "SA_RESETHAND", [](const SignalCase& c) { return c.host.once; },
      [](SignalCase& c) { c.host.once = true; });
  host(
      "a mask", [](const SignalCase& c) { return c.host.masks; },
      [](SignalCase& c) { c.host.masks = true; });
  constexpr std::pair<Later, const char*> kLater[] = {
      {Later::below, "a later handler below libquire's"},
      {Later::below_hands, "a later handler below libquire's that hands on"},
      {Later::on_top_hands, "a later handler on top that hands on"},
      {Later::on_top, "a later handler on top"}};
  for (const auto& [later, name] : kLater) {
    host(
        name, [later](const SignalCase& c) { return c.later == later; },
        [later](SignalCase& c) { c.later = later; });
  }
  add(
      "a handler on top hands on the fault of a copy",
      [](const SignalCase& c, const Observed&, int) {
        return c.later == Later::on_top_hands && !c.whole();
      },
      [](SignalCase& c) { plain_case(c), c.later = Later::on_top_hands; });
}

void SignalClasses::count(const SignalCase& c, const Observed& observed, int died) {
  for (Class& each : classes_) {
    if (each.has(c, observed, died)) ++each.cases;
  }
}

std::vector<std::string> SignalClasses::missing() const {
  std::vector<std::string> names;
  for (const Class& each : classes_) {
    if (each.cases == 0) names.push_back(each.name);
  }
  return names;
}

std::vector<rc::Gen<SignalCase>> SignalClasses::aims() const {
  std::vector<rc::Gen<SignalCase>> aims;
  const auto any_case = arbitrary_signal_case(kernels_, waits_);
  for (const Class& each : classes_) {
    if (each.cases != 0) continue;
    aims.push_back(
        rc::gen::map(any_case, [aim = each.aim, kernels = kernels_, waits = waits_](SignalCase c) {
          aim(c);
          return made_possible(std::move(c), kernels, waits);
        }));
  }
  return aims;
}

std::vector<std::pair<std::string, std::uint64_t>> SignalClasses::counts() const {
  std::vector<std::pair<std::string, std::uint64_t>> counts;
  for (const Class& each : classes_) counts.emplace_back(each.name, each.cases);
  return counts;
}

}  // namespace quire::props
