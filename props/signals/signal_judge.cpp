#include "props/signals/signal_judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

namespace quire::props {
namespace {

siginfo_t info_of(const SentInfo& sent) {
  siginfo_t info{};
  std::memcpy(&info, sent.bytes.data(), sent.bytes.size());
  return info;
}

std::string text_of(Handler handler, int signal, bool has_info, const SentInfo& sent) {
  std::string text = fmt::format(
      "{} in {}", signal == SIGBUS ? "SIGBUS" : "SIGSEGV",
      handler == Handler::host ? "the host's handler" : "the later handler");
  if (!has_info) return text;
  const siginfo_t info = info_of(sent);
  return text + fmt::format(
                    ", si_code {}, si_errno {}, si_addr {}", info.si_code, info.si_errno,
                    fmt::ptr(info.si_addr));
}

std::string text_of(const Seen& seen) {
  return text_of(seen.handler, seen.signal, seen.has_info, seen.info);
}

/// A run of a handler that must come, or may.
struct Wanted {
  Handler handler;
  int signal;
  bool has_info;
  SentInfo info;
  bool may_vanish;

  bool is(const Seen& seen) const {
    return seen.handler == handler && seen.signal == signal && seen.has_info == has_info &&
           (!has_info || seen.info == info);
  }
};

/// What sigaction(2) and the contract of libquire's handler make of a case.
struct Expected {
  std::vector<Wanted> wanted;
  int dies = 0;  ///< of this signal
};

Expected expected_of(const SignalCase& c, const Observed& observed) {
  Expected expected;
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < c.befalls.size(); ++i) {
    const Happened& h = observed.happened[i];
    if (h.order != 0 && h.signal != 0 && !h.merged) order.push_back(i);
  }
  std::ranges::sort(order, {}, [&](std::size_t i) { return observed.happened[i].order; });
  std::array<bool, 2> spent{};
  for (const std::size_t i : order) {
    const Happened& h = observed.happened[i];
    if (c.later != Later::none)
      expected.wanted.push_back({Handler::later, h.signal, true, h.info, h.may_vanish});
    if (c.later == Later::below || c.later == Later::on_top) continue;
    const bool kills =
        c.host.kind == HostAction::Kind::by_default ||
        (c.host.kind == HostAction::Kind::ignores && c.befalls[i].deed == Deed::faults) ||
        (c.host.once && std::exchange(spent[h.signal == SIGBUS], true));
    if (kills) {
      expected.dies = h.signal;
      return expected;
    }
    if (c.host.kind == HostAction::Kind::ignores) continue;
    expected.wanted.push_back(
        {Handler::host, h.signal, c.host.kind == HostAction::Kind::siginfo, h.info, h.may_vanish});
  }
  return expected;
}

/// Whether a handler on top may see this as a fault of a copy, which it then hands on.
bool may_be_of_copy(const SignalCase& c, const CopyMemory& copy_memory, const Seen& seen) {
  if (seen.handler != Handler::later || c.later != Later::on_top_hands) return false;
  const siginfo_t info = info_of(seen.info);
  const auto* const at = static_cast<const std::byte*>(info.si_addr);
  const std::byte* const stop = copy_memory.from + c.readable;
  constexpr std::ptrdiff_t kOtherCopy = 9;  // bytes that copy_short() asks for in vain
  const bool in_source = !c.at_front && stop <= at && at < stop + kOtherCopy;
  const bool in_rest = stop <= at && at < copy_memory.from + c.bytes;
  const bool in_guard = copy_memory.guard <= at && at < copy_memory.guard + 64;
  return info.si_code > 0 && (in_source || in_rest || in_guard);
}

std::string ending(int died) { return died == 0 ? "it goes on" : fmt::format("signal {}", died); }

}  // namespace

std::optional<Failure> judge_signals(
    const SignalCase& c, const CopyMemory& copy_memory, const std::string& kernel,
    const Observed& observed, int died) {
  const auto fail = [&](const char* says, const char* source, std::string expected,
                        std::string actual) {
    return Failure{says, source, kernel, std::move(expected), std::move(actual)};
  };
  const Expected expected = expected_of(c, observed);
  std::vector<Wanted> wanted = expected.wanted;
  const std::size_t wanted_count = wanted.size();
  for (std::size_t i = 0; i < observed.count; ++i) {
    const Seen& seen = observed.seen[i];
    const auto wanted_as = [&](bool may_vanish) {
      return std::ranges::find_if(
          wanted, [&](const Wanted& w) { return w.may_vanish == may_vanish && w.is(seen); });
    };
    // Without a siginfo_t one signal may be either.
    const auto must_come = wanted_as(false);
    const auto match = must_come != wanted.end() ? must_come : wanted_as(true);
    if (match == wanted.end()) {
      if (may_be_of_copy(c, copy_memory, seen)) continue;
      return fail(
          "A handler of the host gets each signal that is not the copy's once, and no other.",
          "IT-5; sigaction(2)", fmt::format("{} signals in all", wanted_count), text_of(seen));
    }
    const bool is_host = seen.handler == Handler::host;
    // A handler on top, or one that hands on, blocks the signal meanwhile.
    const bool blocks_itself = !is_host || !c.host.no_defer || c.later != Later::none;
    if (seen.blocks_itself != blocks_itself || seen.blocks_usr2 != (is_host && c.host.masks)) {
      return fail(
          "A handler of the host runs with the signals blocked that it asked for.", "sigaction(2)",
          fmt::format("itself: {}, SIGUSR2: {}", blocks_itself, is_host && c.host.masks),
          fmt::format(
              "itself: {}, SIGUSR2: {}: {}", seen.blocks_itself, seen.blocks_usr2, text_of(seen)));
    }
    wanted.erase(match);
  }
  if (died != expected.dies) {
    return fail(
        "A signal kills where the host's action says so, and nowhere else.", "signal(7)",
        ending(expected.dies), ending(died));
  }
  std::erase_if(wanted, [](const Wanted& w) { return w.may_vanish; });
  if (!wanted.empty()) {
    const Wanted& lost = wanted.front();
    return fail(
        "Each signal that is not the copy's reaches the host's handler, as it was sent.",
        "sigaction(2)", text_of(lost.handler, lost.signal, lost.has_info, lost.info), "nothing");
  }
  if (died != 0) return std::nullopt;
  if (observed.overflowed || !observed.copy_returned || !observed.finished)
    return fail("A copy returns.", "IT-5", "", "it does not");
  if (observed.wrong_copies != 0) {
    return fail(
        "A copy by a handler that interrupts another ends short as any.", "IT-5", "0 wrong",
        fmt::format("{} wrong", observed.wrong_copies));
  }
  if (!observed.mask_kept) {
    return fail(
        "After the copy the thread blocks the signals that it blocked before.", "sigaction(2)",
        "the same", "others");
  }
  if (!observed.actions_kept) {
    return fail(
        "After the copy the actions on top are those that were there before.", "sigaction(2)",
        "the same", "others");
  }
  if (!observed.ends_short_after)
    return fail("A copy ends short after all that befell it.", "IT-5", "0 bytes", "more");
  return std::nullopt;
}

}  // namespace quire::props
