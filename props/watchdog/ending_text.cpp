#include "props/watchdog/ending_text.h"

#include "spec/locks/order.h"

#include <fmt/format.h>

#include <array>
#include <cstring>
#include <sstream>
#include <string_view>

namespace quire::props {
namespace {

std::string held_locks(std::uint64_t held) {
  std::string names;
  for (std::uint64_t rank = 0; rank < spec::kLockClasses; ++rank) {
    if ((held >> rank & 1) != 0) names += (names.empty() ? "" : ", ") + spec::lock_name(rank);
  }
  return names.empty() ? "none" : names;
}

/// The line of standard error that names the cause: a sanitizer's or the runtime's, or the first.
std::string telling_line(const std::string& words) {
  constexpr std::array<std::string_view, 4> kTelling{
      "ERROR: ", "runtime error: ", "what():", "terminate called"};
  for (const std::string_view telling : kTelling) {
    std::istringstream lines(words);
    for (std::string line; std::getline(lines, line);) {
      if (line.find(telling) != line.npos) return line;
    }
  }
  return words.substr(0, words.find('\n'));
}

std::string how(const Ending& ending) {
  switch (ending.kind) {
    case Ending::Kind::answered: return "it ends";
    case Ending::Kind::exited: return fmt::format("exit({})", ending.code);
    case Ending::Kind::killed: {
      const char* const name = ::sigabbrev_np(ending.code);
      return fmt::format("SIG{} ({})", name == nullptr ? "?" : name, ::strsignal(ending.code));
    }
    case Ending::Kind::hung: return "it hangs: " + ending.hang;
  }
  return "?";
}

}  // namespace

Failure failure_of(const Ending& ending, const Journal& journal, const std::string& suite) {
  std::string actual = how(ending);
  if (journal.waits) {
    actual += fmt::format(
        "; waits for {} {}, holds {}", spec::lock_name(journal.rank), journal.key.load(),
        held_locks(journal.held));
  }
  if (const std::string line = telling_line(ending.words); !line.empty()) actual += "; " + line;
  if (const std::string broken = journal.broken.get(); !broken.empty())
    actual += "; before that: " + broken;
  const std::string side = journal.side.get();
  return {"A case runs to its end.", "watchdog",     side.empty() ? suite : side, "it ends",
          std::move(actual),         journal.command};
}

}  // namespace quire::props
