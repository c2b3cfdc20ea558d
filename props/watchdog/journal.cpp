#include "props/watchdog/journal.h"

#include <algorithm>
#include <chrono>

namespace quire::props {
namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;

std::chrono::steady_clock::time_point last_beat;

/// A beat within a case: the longest pause says what is long for this suite on this machine.
void beat_in_case(Journal& j) {
  const auto now = std::chrono::steady_clock::now();
  if (j.phase.load(kRelaxed) != Phase::outside) {
    const auto pause =
        std::chrono::duration_cast<std::chrono::nanoseconds>(now - last_beat).count();
    const auto longest = j.longest.load(kRelaxed);
    j.longest.store(std::max(longest, static_cast<std::uint64_t>(pause)), kRelaxed);
  }
  last_beat = now;
  j.beats.fetch_add(1, kRelaxed);
}

void begin_phase(Journal& j, Phase phase) {
  beat_in_case(j);
  j.command.store(0, kRelaxed);
  j.side.set({});
  j.waits.store(false, kRelaxed);
  j.broken.set({});
  j.phase.store(phase, kRelaxed);
}

}  // namespace

void journal_beat() {
  if (journal_of_this_process != nullptr) beat_in_case(*journal_of_this_process);
}

void journal_case(std::uint64_t number, std::uint64_t draw, int size, std::string_view aim) {
  if (journal_of_this_process == nullptr) return;
  Journal& j = *journal_of_this_process;
  begin_phase(j, Phase::runs);
  j.number.store(number, kRelaxed);
  j.draw.store(draw, kRelaxed);
  j.size.store(size, kRelaxed);
  j.aim.set(aim);
  j.path_length.store(0, kRelaxed);
  j.cases.fetch_add(1, kRelaxed);
}

void journal_repeats() {
  if (journal_of_this_process != nullptr) begin_phase(*journal_of_this_process, Phase::repeats);
}

void journal_candidate(std::uint32_t index) {
  if (journal_of_this_process == nullptr) return;
  journal_of_this_process->candidate.store(index, kRelaxed);
  begin_phase(*journal_of_this_process, Phase::shrinks);
}

void journal_accepted(std::uint32_t index) {
  if (journal_of_this_process == nullptr) return;
  Journal& j = *journal_of_this_process;
  const std::uint32_t length = j.path_length.load(kRelaxed);
  if (length < Journal::kPathMax) j.path[length].store(index, kRelaxed);
  j.path_length.store(length + 1, kRelaxed);
}

void journal_outside() {
  if (journal_of_this_process != nullptr) begin_phase(*journal_of_this_process, Phase::outside);
}

void journal_command(std::size_t number) {
  if (journal_of_this_process == nullptr) return;
  Journal& j = *journal_of_this_process;
  beat_in_case(j);
  j.command.store(number, kRelaxed);
  j.side.set({});
  j.commands.fetch_add(1, kRelaxed);
}

}  // namespace quire::props
