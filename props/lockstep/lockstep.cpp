#include "props/lockstep/lockstep.h"

#include "props/lockstep/subject_run.h"

#include <fmt/format.h>

#include <cerrno>
#include <set>
#include <utility>

namespace quire::props {
namespace {

/// Compares a subject with the first one, after the same command.
///
/// Their devices get the operations in another order, so that a fault may strike the one and not
/// the other, or lose other blocks. same_result: whether they must answer alike; same_file: whether
/// their files have had the same bytes accepted so far.
void expect_agreement(
    SubjectRun& first, SubjectRun& other, std::uint64_t file, std::int64_t wanted, std::int64_t got,
    bool same_result, bool same_file) {
  const auto same = [&](const char* what, std::int64_t a, std::int64_t b) {
    if (a == b) return;
    other.fail(
        {fmt::format("{} and {} agree on {}.", first.name(), other.name(), what), "lockstep",
         other.name(), std::to_string(a), std::to_string(b)});
  };
  const bool either_errno =
      (wanted == -ENOSPC && got == -EFAULT) || (wanted == -EFAULT && got == -ENOSPC);
  if (!either_errno && same_result) same("the result", wanted, got);
  if (!same_file) return;
  same("the file position", first.position(file), other.position(file));
  same("the size", first.size(file), other.size(file));
  if (!first.lacks_the_same_blocks(other)) return;
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
          factory, checked, *lockstep.memories_[s], *lockstep.reused_, name, coverage,
          waits[name]));
    }
  }

  void step(std::size_t i, const Command& c) override {
    Coverage* const coverage = lockstep_.coverage_;
    if (coverage != nullptr && c.action == Action::write && c.at >= 0) {
      coverage->count_write(
          static_cast<std::uint64_t>(c.at), total_bytes(c), checked_.setting.block_size);
    }
    if (!c.actors.empty()) return step_with_actors(i, c);
    const std::int64_t wanted = runs_[0]->step(i, c);
    std::int64_t last = wanted;
    for (std::size_t s = 1; s < runs_.size(); ++s) {
      const bool as_full = runs_[0]->lacks_the_same_blocks(*runs_[s]);
      const std::int64_t got = runs_[s]->step(i, c);
      const bool struck = runs_[0]->was_struck() || runs_[s]->was_struck();
      any_struck_ = any_struck_ || struck;
      // An fsync answers an error that was met before, maybe by one of them.
      const bool owes = any_struck_ && c.action == Action::fsync;
      const bool same_result = !parted_.contains(s) && as_full && !struck && !owes;
      const bool may_part = struck || !as_full;
      if (may_part && wanted != got && c.action != Action::fsync) parted_.insert(s);
      expect_agreement(
          *runs_[0], *runs_[s], c.file, wanted, got, same_result, !parted_.contains(s));
      last = got;
    }
    if (coverage != nullptr) count_fault(*coverage, c, last);
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
  /// The calls of two threads on the subject that serves them, and one by one, in an order that
  /// explains its answers, on the others.
  void step_with_actors(std::size_t i, const Command& c) {
    std::vector<SubjectRun::WithActors> outcomes(runs_.size());
    const bool concurrent = runs_.back()->serves_threads();
    if (concurrent) outcomes.back() = runs_.back()->step_with_actors(i, c);
    if (runs_.back()->failure()) return;
    for (std::size_t s = 0; s + concurrent < runs_.size(); ++s)
      outcomes[s] = runs_[s]->step_in_order(i, c, outcomes.back().before);
    for (std::size_t s = 1; s < runs_.size(); ++s) {
      if (outcomes[0].may_part || outcomes[s].may_part) parted_.insert(s);
      const bool same = !parted_.contains(s);
      for (std::size_t k = 0; k <= c.actors.size(); ++k) {
        const std::uint64_t file = k == 0 ? c.file : c.actors[k - 1].command.file;
        expect_agreement(
            *runs_[0], *runs_[s], file, outcomes[0].answers[k], outcomes[s].answers[k], same, same);
      }
    }
  }

  /// Counts a fault that struck the last subject, and a call that succeeds after such a one.
  void count_fault(Coverage& coverage, const Command& c, std::int64_t answer) {
    if (runs_.back()->was_struck()) {
      coverage.count_fault({c.fault->kind, c.fault->reach, c.action});
      struck_.emplace(c.action, c.fault->kind);
      runs_.back()->count_strikes(coverage, c);
      return;
    }
    if (answer < 0) return;
    for (const auto& [action, kind] : struck_) {
      if (action == c.action) coverage.count_recovery({kind});
    }
  }

  Lockstep& lockstep_;
  const Case& checked_;
  std::vector<std::unique_ptr<SubjectRun>> runs_;
  bool any_struck_ = false;       // any subject, in this case
  std::set<std::size_t> parted_;  // those whose files have not had the same bytes as the first's
  std::set<std::pair<Action, FaultKind>> struck_;
};

Lockstep::Lockstep(std::vector<SubjectFactory*> factories, Coverage* coverage)
    : factories_(std::move(factories)), coverage_(coverage), reused_(std::make_unique<Reused>()) {
  for (std::size_t s = 0; s < factories_.size(); ++s)
    memories_.push_back(std::make_unique<UserMemory>());
}

Lockstep::~Lockstep() = default;

std::unique_ptr<Comparison> Lockstep::compare(const Case& checked, LockWaits& waits) {
  steps_.clear();
  return std::make_unique<Subjects>(*this, checked, waits);
}

}  // namespace quire::props
