#include "props/lockstep/lockstep.h"

#include "props/lockstep/run.h"

#include <fmt/format.h>

#include <cerrno>
#include <utility>

namespace quire::props {
namespace {

using Number = std::uint64_t;

/// Compares a subject with the first one, after the same command.
void compare(Run& first, Run& other, Number file, std::int64_t wanted, std::int64_t got) {
  const auto same = [&](const char* what, std::int64_t a, std::int64_t b) {
    if (a == b) return;
    other.fail(
        fmt::format("{} and {} agree on {}.", first.name(), other.name(), what), "lockstep",
        std::to_string(a), std::to_string(b));
  };
  const bool either_errno =
      (wanted == -ENOSPC && got == -EFAULT) || (wanted == -EFAULT && got == -ENOSPC);
  if (!either_errno) same("the result", wanted, got);
  same("the file position", first.position(file), other.position(file));
  same("the size", first.size(file), other.size(file));
  same(
      "the free blocks", static_cast<std::int64_t>(first.free_blocks()),
      static_cast<std::int64_t>(other.free_blocks()));
}

}  // namespace

Lockstep::Lockstep(std::vector<SubjectFactory*> factories, Coverage* coverage)
    : factories_(std::move(factories)), coverage_(coverage) {
  for (std::size_t s = 0; s < factories_.size(); ++s)
    memories_.push_back(std::make_unique<UserMemory>());
}

std::optional<Failure> Lockstep::run(const Case& checked) {
  steps_.clear();
  std::vector<std::unique_ptr<Run>> runs;
  for (std::size_t s = 0; s < factories_.size(); ++s) {
    // Only the last factory's folios are counted: impl's, where both run.
    Coverage* const coverage = s + 1 == factories_.size() ? coverage_ : nullptr;
    const std::string name = factories_[s]->subject_name();
    runs.push_back(std::make_unique<Run>(
        *factories_[s], checked, *memories_[s], name, coverage, waits_[name]));
  }
  const auto failure = [&]() -> std::optional<Failure> {
    for (auto& run : runs) {
      if (auto found = run->failure()) return found;
    }
    return std::nullopt;
  };

  for (std::size_t i = 0; i < checked.commands.size(); ++i) {
    const Command& c = checked.commands[i];
    ++commands_;
    if (coverage_ != nullptr && c.action == Action::write && c.at >= 0) {
      coverage_->count_write(static_cast<Number>(c.at), total_bytes(c), checked.setting.block_size);
    }
    const std::int64_t wanted = runs[0]->step(i, c);
    for (std::size_t s = 1; s < runs.size(); ++s) {
      const std::int64_t got = runs[s]->step(i, c);
      compare(*runs[0], *runs[s], c.file, wanted, got);
    }
    if (auto found = failure()) return found;
  }
  for (auto& run : runs) {
    steps_[run->name()] = run->steps();
    run->finish(checked.commands.size());
  }
  return failure();
}

}  // namespace quire::props
