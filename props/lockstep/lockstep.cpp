#include "props/lockstep/lockstep.h"

#include "props/lockstep/subject_run.h"

#include <fmt/format.h>

#include <cerrno>
#include <utility>

namespace quire::props {
namespace {

/// Compares a subject with the first one, after the same command.
void expect_agreement(
    SubjectRun& first, SubjectRun& other, std::uint64_t file, std::int64_t wanted,
    std::int64_t got) {
  const auto same = [&](const char* what, std::int64_t a, std::int64_t b) {
    if (a == b) return;
    other.fail(
        {fmt::format("{} and {} agree on {}.", first.name(), other.name(), what), "lockstep",
         other.name(), std::to_string(a), std::to_string(b)});
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

/// The subjects of one case, compared with the first.
class Lockstep::Subjects final : public Comparison {
 public:
  Subjects(Lockstep& lockstep, const Case& checked, LockWaits& waits)
      : lockstep_(lockstep), checked_(checked) {
    const std::size_t count = lockstep.factories_.size();
    for (std::size_t s = 0; s < count; ++s) {
      // Only the last subject's folios are counted: impl's, where both run.
      Coverage* const coverage = s + 1 == count ? lockstep.coverage_ : nullptr;
      SubjectFactory& factory = *lockstep.factories_[s];
      const std::string name = factory.subject_name();
      runs_.push_back(std::make_unique<SubjectRun>(
          factory, checked, *lockstep.memories_[s], name, coverage, waits[name]));
    }
  }

  void step(std::size_t i, const Command& c) override {
    Coverage* const coverage = lockstep_.coverage_;
    if (coverage != nullptr && c.action == Action::write && c.at >= 0) {
      coverage->count_write(
          static_cast<std::uint64_t>(c.at), total_bytes(c), checked_.setting.block_size);
    }
    const std::int64_t wanted = runs_[0]->step(i, c);
    for (std::size_t s = 1; s < runs_.size(); ++s) {
      const std::int64_t got = runs_[s]->step(i, c);
      expect_agreement(*runs_[0], *runs_[s], c.file, wanted, got);
    }
  }

  void finish() override {
    for (auto& run : runs_) {
      lockstep_.steps_[run->name()] = run->steps();
      run->finish(checked_.commands.size());
    }
  }

  std::optional<Failure> failure() const override {
    for (const auto& run : runs_) {
      if (auto found = run->failure()) return found;
    }
    return std::nullopt;
  }

 private:
  Lockstep& lockstep_;
  const Case& checked_;
  std::vector<std::unique_ptr<SubjectRun>> runs_;
};

Lockstep::Lockstep(std::vector<SubjectFactory*> factories, Coverage* coverage)
    : factories_(std::move(factories)), coverage_(coverage) {
  for (std::size_t s = 0; s < factories_.size(); ++s)
    memories_.push_back(std::make_unique<UserMemory>());
}

std::unique_ptr<Comparison> Lockstep::compare(const Case& checked, LockWaits& waits) {
  steps_.clear();
  return std::make_unique<Subjects>(*this, checked, waits);
}

}  // namespace quire::props
