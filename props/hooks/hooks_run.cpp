#include "props/hooks/hooks_run.h"

#include "impl/file/write_loop.h"
#include "props/hooks/judged_hooks.h"
#include "props/watchdog/journal.h"
#include "ref/plain/write_loop.h"
#include "spec/tapped.h"
#include "spec/write/file_write.h"

#include <boost/hana/for_each.hpp>

#include <algorithm>
#include <exception>

namespace quire::props {
namespace {

using Number = std::uint64_t;

/// One file, and a user's hooks on it.
class HooksRun {
 public:
  HooksRun(const HooksCase& drawn, MakeHooks* make, HooksLoop loop, spec::LockGraph* waits)
      : drawn_(drawn),
        loop_(loop),
        judge_(
            loop == HooksLoop::ref ? "hooks under ref's loop" : "hooks under impl's loop", waits),
        file_(drawn, judge_),
        hooks_(make(file_)) {}

  std::optional<HooksFailure> run() {
    try {
      for (const HooksCommand& command : drawn_.commands) {
        journal_command(number_++);
        play(command);
      }
    } catch (const BrokenRule&) {
    } catch (const std::exception& e) {
      judge_.demand(kThrowsNothing, false, e.what());
    } catch (...) {
      judge_.demand(kThrowsNothing, false, "what is no std::exception");
    }
    if (!judge_.broken()) return std::nullopt;
    std::string calls = fmt::format(
        "  blocks of {} bytes, folios of up to {}, {} blocks of space\n", drawn_.block_size,
        drawn_.folio_max, drawn_.blocks);
    for (const std::string& line : judge_.story()) calls += line + "\n";
    return HooksFailure{*judge_.broken(), calls};
  }

 private:
  void play(const HooksCommand& command) {
    switch (command.action) {
      case HooksAction::write: return write_and_again(command);
      case HooksAction::write_back: judge_.tell("  write_back()"); return file_.write_back();
      case HooksAction::drop_cache: judge_.tell("  drop_cache()"); return file_.drop_cache();
      case HooksAction::truncate:
        judge_.tell(fmt::format("  truncate({})", command.pos));
        return file_.truncate(command.pos);
    }
  }

  /// A caller that gets less than it could goes on with the rest; trouble that lasts meets it once
  /// more.
  void write_and_again(const HooksCommand& command) {
    HooksCommand rest = command;
    if (!goes_on(rest)) return;
    rest.trouble.after = 0;
    if (rest.trouble.lasts && !goes_on(rest)) return;
    rest.trouble = {};
    goes_on(rest);
  }

  /// Writes `rest`, and takes off what was accepted. Returns whether trouble has kept it from more.
  bool goes_on(HooksCommand& rest) {
    const Number result = write(rest);
    const Number done = spec::is_error(result) ? 0 : result;
    rest.pos += done;
    rest.length -= done;
    std::erase_if(rest.stops, [&](const CopyStop& stop) { return stop.at < done; });
    for (CopyStop& stop : rest.stops) stop.at -= done;
    return !file_.causes().empty() && rest.unreadable < rest.length;
  }

  Number write(const HooksCommand& command) {
    const Number iolock = spec::rank_of<spec::Iolock>;
    WrittenMemory memory(command, ++writes_);
    JudgedHooks hooks(*hooks_, file_, memory);
    file_.meet(command.trouble);
    judge_.tell(fmt::format(
        "  write(pos {}, length {}, readable {})", command.pos, command.length,
        command.length - command.unreadable));
    const spec::Bytes before = file_.image();

    judge_.write_begins(command.length);
    judge_.lock_wanted(iolock, 0);
    judge_.lock_taken(iolock, 0);
    spec::Tapped<Number, JudgedHooks, spec::Recorder> tapped(hooks, judge_);
    spec::LoopState<Number> last{};
    const Number result = loop_ == HooksLoop::ref
                              ? ref::generic_perform_write<Number>(
                                    tapped, command.pos, last, Number{drawn_.folio_max})
                              : impl::perform_write<Number>(last, tapped, command.pos);
    judge_.tell("    the write answers " + answer_text(result));
    const Number position = command.pos + (spec::is_error(result) ? 0 : result);
    judge_.loop_call({command.pos, command.length, last, memory.left(), result, position});
    judge_.lock_dropped(iolock, 0);
    judge_.call_ends();
    judge_.stop_if_broken();

    judge_contents(command, result, before, hooks);
    file_.audit();
    judge_.stop_if_broken();
    return result;
  }

  void judge_contents(
      const HooksCommand& command, Number result, const spec::Bytes& before,
      const JudgedHooks& hooks) {
    const Number accepted = spec::is_error(result) ? 0 : result;
    spec::FileWrite<Number, spec::Bytes> record{{}, before.size(), {}, command.pos, accepted,
                                                {}, file_.size()};
    // Before the image of a size that makes no sense is taken.
    judge_at(spec::size_covers_write, record, 0);
    judge_.stop_if_broken();
    record.before = before;
    record.after = file_.image();
    record.source.resize(command.length);
    fill_pattern(std::as_writable_bytes(std::span(record.source)), writes_, 0);
    for (const auto& [from, to] : hooks.lost_copies()) {
      for (Number p = std::max(from, command.pos + accepted); p < to; ++p) {
        if (p < record.before.size() && record.after[p] == record.source[p - command.pos])
          record.before[p] = record.after[p];
      }
    }
    // A short cut: the clauses decide, and take long for each byte.
    if (record.after != account_of(record)) judge_bytes(record);
  }

  /// The file that the write should leave.
  static spec::Bytes account_of(const spec::FileWrite<Number, spec::Bytes>& w) {
    spec::Bytes file = w.before;
    if (w.accepted == 0) return file;
    file.resize(std::max<std::size_t>(file.size(), w.pos + w.accepted));
    std::copy_n(w.source.begin(), w.accepted, file.begin() + static_cast<std::ptrdiff_t>(w.pos));
    return file;
  }

  void judge_bytes(const spec::FileWrite<Number, spec::Bytes>& record) {
    for (Number p = 0; p < record.size_after; ++p) {
      boost::hana::for_each(
          spec::file_write_clauses, [&](const auto& clause) { judge_at(clause, record, p); });
      judge_.stop_if_broken();
    }
  }

  template <class Clause>
  void judge_at(const Clause& clause, const spec::FileWrite<Number, spec::Bytes>& w, Number p) {
    if (clause.holds(w, p)) return;
    judge_.demand(
        clause.text, false,
        fmt::format(
            "byte {} reads {:#x}; it was {:#x}; the file has {} bytes, and had {}", p,
            spec::at(w.after, p), spec::at(w.before, p), w.size_after, w.size_before));
  }

  const HooksCase& drawn_;
  HooksLoop loop_;
  HooksJudge judge_;
  CheckedFile file_;
  std::unique_ptr<AnyHooks> hooks_;
  std::size_t number_ = 0;
  Number writes_ = 0;
};

}  // namespace

std::optional<HooksFailure> run_hooks_case(
    const HooksCase& drawn, MakeHooks* make, HooksLoop loop, spec::LockGraph* waits) {
  return HooksRun(drawn, make, loop, waits).run();
}

std::optional<HooksFailure> run_hooks_case(
    const HooksCase& drawn, MakeHooks* make, spec::LockGraph* waits) {
  if (auto failure = run_hooks_case(drawn, make, HooksLoop::ref, waits)) return failure;
  return run_hooks_case(drawn, make, HooksLoop::impl, waits);
}

}  // namespace quire::props
