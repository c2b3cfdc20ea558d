#include "props/signals/signal_case.h"

#include "props/memory/mapping.h"

#include <fmt/format.h>
#include <fmt/ostream.h>
#include <rapidcheck.h>

#include <signal.h>

#include <algorithm>
#include <utility>

namespace quire::props {
namespace {

using rc::gen::element;
using rc::gen::inRange;
using rc::gen::weightedElement;

constexpr std::size_t kBytesMax = 5 * kPage;

std::string name_of_code(int signal, int code) {
  switch (code) {
    case SI_USER: return "SI_USER";
    case SI_QUEUE: return "SI_QUEUE";
    case SI_TKILL: return "SI_TKILL";
    case SI_MESGQ: return "SI_MESGQ";
    case SI_KERNEL: return "SI_KERNEL";
    case BUS_MCEERR_AR: return signal == SIGBUS ? "BUS_MCEERR_AR" : "SEGV_PKUERR";
    case BUS_MCEERR_AO: return "BUS_MCEERR_AO";
    case SEGV_ACCERR: return signal == SIGBUS ? "BUS_ADRERR" : "SEGV_ACCERR";
    case SEGV_MAPERR: return signal == SIGBUS ? "BUS_ADRALN" : "SEGV_MAPERR";
    default: return std::to_string(code);
  }
}

std::string name_of(const Befalls& b) {
  const std::string when = b.moment == Moment::before    ? "before the copy"
                           : b.moment == Moment::after   ? "after the copy"
                           : b.moment == Moment::waiting ? "while the copy waits for a page"
                                                         : fmt::format("after {} steps", b.step);
  switch (b.deed) {
    case Deed::copies: return when + ": another copy ends short";
    case Deed::faults: return when + ": the host faults, " + name_of(b.place);
    case Deed::sends: break;
  }
  return fmt::format(
      "{}: {} is sent{}, {}, {}", when, b.signal == SIGBUS ? "SIGBUS" : "SIGSEGV",
      b.by_thread ? " by another thread" : "", name_of_code(b.signal, b.code), name_of(b.place));
}

const char* name_of(Later later) {
  switch (later) {
    case Later::none: return "";
    case Later::below: return "; a later one, below libquire's";
    case Later::below_hands: return "; a later one, below libquire's, that hands on";
    case Later::on_top_hands: return "; a later one on top, that hands on";
    case Later::on_top: return "; a later one on top";
  }
  return "?";
}

rc::Gen<int> codes(bool lies) {
  if (lies) return element<int>(SEGV_MAPERR, SEGV_ACCERR, BUS_MCEERR_AR, BUS_MCEERR_AO, SI_KERNEL);
  return element<int>(SI_USER, SI_QUEUE, SI_TKILL, SI_MESGQ);
}

rc::Gen<Place> places() {
  return element(
      Place::first, Place::inside, Place::last, Place::one_before, Place::one_behind, Place::stop,
      Place::target, Place::before_target, Place::behind_target, Place::last_fault, Place::nowhere);
}

rc::Gen<Befalls> arbitrary_befalls() {
  const auto step = rc::gen::weightedOneOf<unsigned>(
      {{5, inRange(0U, 12U)}, {3, inRange(0U, 150U)}, {1, inRange(0U, 1500U)}});
  return rc::gen::apply(
      [](Moment moment, unsigned at, Deed deed, int signal, int code, Place place, bool thread) {
        return Befalls{moment, at, deed, signal, code, place, thread};
      },
      weightedElement<Moment>(
          {{1, Moment::before}, {6, Moment::at_step}, {2, Moment::waiting}, {1, Moment::after}}),
      step, weightedElement<Deed>({{6, Deed::sends}, {3, Deed::faults}, {1, Deed::copies}}),
      element(SIGSEGV, SIGBUS), rc::gen::mapcat(rc::gen::arbitrary<bool>(), codes), places(),
      weightedElement<bool>({{3, false}, {1, true}}));
}

rc::Gen<HostAction> arbitrary_action() {
  return rc::gen::apply(
      [](HostAction::Kind kind, bool no_defer, bool once, bool masks) {
        return HostAction{kind, no_defer, once, masks};
      },
      weightedElement<HostAction::Kind>(
          {{8, HostAction::Kind::siginfo},
           {3, HostAction::Kind::plain},
           {1, HostAction::Kind::ignores},
           {1, HostAction::Kind::by_default}}),
      rc::gen::arbitrary<bool>(), weightedElement<bool>({{12, false}, {1, true}}),
      rc::gen::arbitrary<bool>());
}

/// Whether another thread may send this: it cannot claim to be the kernel or kill(2).
bool another_may_send(int code) { return code < 0; }

}  // namespace

std::string name_of(HostAction::Kind kind) {
  switch (kind) {
    case HostAction::Kind::siginfo: return "SA_SIGINFO";
    case HostAction::Kind::plain: return "a plain one";
    case HostAction::Kind::ignores: return "SIG_IGN";
    case HostAction::Kind::by_default: return "SIG_DFL";
  }
  return "?";
}

std::string name_of(Place place) {
  switch (place) {
    case Place::first: return "at its first byte";
    case Place::inside: return "at its middle";
    case Place::last: return "at its last byte";
    case Place::one_before: return "one byte before it";
    case Place::one_behind: return "one byte behind it";
    case Place::stop: return "where the copy stops";
    case Place::target: return "at the target's middle";
    case Place::before_target: return "one byte before the target";
    case Place::behind_target: return "one byte behind the target";
    case Place::last_fault: return "where the host faulted last";
    case Place::nowhere: return "nowhere";
  }
  return "?";
}

void showValue(const SignalCase& c, std::ostream& os) {
  fmt::print(
      os,
      "  kernel {}: {} bytes, {} of them readable ({}), target at {}{}{}{}\n  host: {}{}{}{}{}\n",
      c.kernel, c.bytes, c.readable,
      c.tail == Tail::no_access ? "then PROT_NONE" : "then past a file's end", c.to_misalignment,
      c.at_front ? ", behind PROT_NONE" : "", c.by_call ? ", as a call" : "",
      c.blocked ? ", signals blocked" : "", name_of(c.host.kind),
      c.host.no_defer ? ", SA_NODEFER" : "", c.host.once ? ", SA_RESETHAND" : "",
      c.host.masks ? ", with a mask" : "", name_of(c.later));
  for (const Befalls& b : c.befalls) fmt::print(os, "  {}\n", name_of(b));
}

SignalCase made_possible(SignalCase c, std::size_t kernels, bool waits) {
  c.kernel %= kernels;
  if (c.at_front) c.readable = c.bytes;
  if (c.later == Later::on_top) c.blocked = false;
  if (c.host.kind == HostAction::Kind::ignores || c.host.kind == HostAction::Kind::by_default)
    c.host.once = c.host.no_defer = c.host.masks = false;
  // A process that may die is a fork, which has no thread that supplies pages.
  const bool may_die = c.host.once || (c.host.kind != HostAction::Kind::siginfo &&
                                       c.host.kind != HostAction::Kind::plain);
  if (may_die) c.blocked = false;
  if (c.blocked || c.later == Later::on_top) c.by_call = true;
  waits = waits && !may_die && !c.by_call && c.tail == Tail::no_access && c.readable > 0;
  for (Befalls& b : c.befalls) {
    // One handler at a time runs while the copy waits.
    if (b.moment == Moment::waiting && !std::exchange(waits, false)) b.moment = Moment::at_step;
    const bool interrupts = b.moment == Moment::at_step || b.moment == Moment::waiting;
    // A fault while its signal is blocked kills, with and without libquire.
    if (c.blocked && interrupts) b.deed = Deed::sends;
    // When SIGTRAP comes, Linux delivers a blocked signal with the code of a fault along with it.
    if (c.blocked && interrupts && b.code > 0) b.code = SI_QUEUE;
    // Another copy is made from a handler, and its fault needs libquire's.
    if (b.deed == Deed::copies && (!interrupts || c.later == Later::on_top)) b.deed = Deed::faults;
    if (b.deed == Deed::sends && b.signal == SIGSEGV && b.code == BUS_MCEERR_AO)
      b.code = SEGV_ACCERR;
    b.by_thread = b.by_thread && b.deed == Deed::sends && another_may_send(b.code) &&
                  b.moment != Moment::at_step && !may_die;
    // Where no handler shows what came, only signals whose nature is certain.
    if (may_die && b.place == Place::last_fault) b.place = Place::inside;
    if (may_die && b.signal == SIGBUS && b.code == BUS_MCEERR_AR) b.code = BUS_ADRERR;
  }
  std::ranges::sort(c.befalls, {}, [](const Befalls& b) {
    return std::pair(b.moment, b.moment == Moment::at_step ? b.step : 0);
  });
  return c;
}

rc::Gen<SignalCase> arbitrary_signal_case(std::size_t kernels, bool waits) {
  const auto bytes = rc::gen::weightedOneOf<std::size_t>(
      {{6, inRange<std::size_t>(0, 700)},
       {2, inRange<std::size_t>(0, 5000)},
       {1, inRange<std::size_t>(0, kBytesMax)}});
  // Each is there or not, so that a case shrinks by any of them.
  const auto befalls = rc::gen::map(
      rc::gen::container<std::vector<std::pair<int, Befalls>>>(
          kBefallsMax, rc::gen::pair(inRange(0, 2), arbitrary_befalls())),
      [](const std::vector<std::pair<int, Befalls>>& drawn) {
        std::vector<Befalls> all;
        for (const auto& [is_there, b] : drawn) {
          if (is_there != 0) all.push_back(b);
        }
        return all;
      });
  const auto of_size = [=](std::size_t n) {
    const auto shape = rc::gen::apply(
        [n](std::size_t kernel, std::size_t readable, bool at_front, Tail tail, std::size_t to) {
          return SignalCase{
              .kernel = kernel,
              .bytes = n,
              .readable = readable,
              .at_front = at_front,
              .tail = tail,
              .to_misalignment = to,
              .host = {},
              .befalls = {}};
        },
        inRange<std::size_t>(0, kernels),
        rc::gen::oneOf(rc::gen::just(n), inRange<std::size_t>(0, n + 1)),
        weightedElement<bool>({{3, false}, {1, true}}),
        weightedElement<Tail>({{3, Tail::no_access}, {1, Tail::past_the_end}}),
        inRange<std::size_t>(0, kPage));
    return rc::gen::apply(
        [=](SignalCase c, bool by_call, bool blocked, const HostAction& host, Later later,
            std::vector<Befalls> all) {
          c.by_call = by_call;
          c.blocked = blocked;
          c.host = host;
          c.later = later;
          c.befalls = std::move(all);
          return made_possible(std::move(c), kernels, waits);
        },
        shape, weightedElement<bool>({{6, false}, {1, true}}),
        weightedElement<bool>({{8, false}, {1, true}}), arbitrary_action(),
        weightedElement<Later>(
            {{5, Later::none},
             {2, Later::below},
             {2, Later::below_hands},
             {3, Later::on_top_hands},
             {1, Later::on_top}}),
        befalls);
  };
  return rc::gen::resize(rc::kNominalSize, rc::gen::mapcat(bytes, of_size));
}

}  // namespace quire::props
