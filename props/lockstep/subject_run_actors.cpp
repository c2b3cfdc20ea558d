// One subject in a case whose commands have actors. It has no faults: no block is lost, no error is
// owed, and the accounts of both (subject_faults.cpp) stay as they are.
#include "props/differential/compared_ranges.h"
#include "props/differential/expected.h"
#include "props/differential/transfers.h"
#include "props/lockstep/subject_run.h"
#include "props/memory/pattern.h"
#include "props/watchdog/journal.h"
#include "spec/geometry.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <stdexcept>
#include <utility>

namespace quire::props {
namespace {

/// The seed's number of an actor's write: no command of a case has so high a number.
std::size_t seed_of_actor(std::size_t i, std::size_t actor) {
  return i + (actor + 1) * (std::size_t{1} << 32);
}

/// Whether the call reads a file that another one truncates.
bool cut_by_another(const Played& call, std::span<const Played> calls) {
  if (call.command->action != Action::read) return false;
  return std::ranges::any_of(calls, [&](const Played& other) {
    return other.command->action == Action::truncate && other.command->file == call.command->file;
  });
}

bool same_bytes(const FileModel& a, const FileModel& b) {
  const auto shows = [](const FileModel& shown, const FileModel& other) {
    return std::ranges::all_of(other.written(), [&](const Range& range) {
      return shown.equal_bytes(range.start, other.bytes(range.start, range.length())) ==
             range.length();
    });
  };
  return a.size() == b.size() && shows(a, b) && shows(b, a);
}

}  // namespace

SubjectRun::WithActors SubjectRun::step_in_order(
    std::size_t i, const Command& c, std::size_t before) {
  WithActors outcome{{0}, before};
  command_ = i;
  journal_side(name());
  const auto act_as = [&](std::size_t number, const Command& call) {
    const std::int64_t answer = act(number, call);
    outcome.may_part = outcome.may_part || stopped_for_space(call, answer);
    return answer;
  };
  for (std::size_t k = 0; k <= c.actors.size(); ++k) {
    if (k == before) outcome.answers.front() = act_as(i, c);
    if (k == c.actors.size()) break;
    outcome.answers.push_back(act_as(seed_of_actor(i, k), c.actors[k].command));
  }
  return outcome;
}

void SubjectRun::prepare(const Played& call, UserMemory& memory) {
  const Command& c = *call.command;
  if (for_peers(c)) throw std::invalid_argument("a command for peers alone: add --peer");
  open(c.file, 0);
  open(c.file, c.handle);
  file(c.file);
  if (c.action == Action::write) fill_sources(memory, c, call.seed);
  if (c.action == Action::read) fill_destinations(memory, c);
}

std::int64_t SubjectRun::play(const Played& call, std::span<const Played> calls) {
  const Command& c = *call.command;
  switch (c.action) {
    case Action::write: return subject_->write(c.file, call.memory->segments(), c.at);
    case Action::read: return subject_->read(c.file, call.memory->segments(), c.at);
    case Action::fsync: {
      const int answer = subject_->fsync(c.file, c.handle);
      if (answer == 0 && !failure_) check_synced(c.file, calls);
      return answer;
    }
    case Action::truncate: return subject_->truncate(c.file, static_cast<std::int64_t>(c.length));
    case Action::drop_cache: return subject_->drop_cache(c.file);
    case Action::reopen: return subject_->reopen(c.file, c.handle);
    default: return 0;
  }
}

ActorCall SubjectRun::call_of(const Actor& actor, Played& played, std::span<const Played> calls) {
  return {actor.point, actor.at, actor.pause, [this, &played, calls] {
            concurrent_->judge.write_begins(total_bytes(*played.command));
            played.answer = play(played, calls);
          }};
}

SubjectRun::WithActors SubjectRun::step_with_actors(std::size_t i, const Command& c) {
  command_ = i;
  journal_side(name());
  subject_->faults().begin(std::nullopt);
  std::vector<Played> calls{{&c, seed_of(i), &memory_}};
  prepare(calls.front(), memory_);
  for (std::size_t k = 0; k < c.actors.size(); ++k) {
    auto& memories = reused_.actor_memories;
    if (memories.size() == k) memories.push_back(std::make_unique<UserMemory>());
    UserMemory& memory = *memories[k];
    calls.push_back({&c.actors[k].command, seed_of(seed_of_actor(i, k)), &memory});
    prepare(calls.back(), memory);
  }
  std::vector<ActorCall> actors;
  for (std::size_t k = 0; k < c.actors.size(); ++k)
    actors.push_back(call_of(c.actors[k], calls[k + 1], calls));
  recorder_.write_begins(total_bytes(c));
  concurrent_->recorder.calls_begin();
  concurrent_->turns.run(
      [&] { calls.front().answer = play(calls.front(), calls); }, std::move(actors));
  count_actors(c);

  WithActors outcome;
  for (const Played& call : calls) outcome.answers.push_back(call.answer);
  if (const auto& deadlock = concurrent_->turns.deadlock()) {
    failure_ = Failure{
        "Two threads never wait for each other.",
        "LK-1",
        name(),
        "each gets its locks",
        *deadlock,
        command_};
    return outcome;
  }
  std::set<Number> touched;
  for (const Played& call : calls) touched.insert(call.command->file);
  recorder_.call_ends();
  concurrent_->judge.call_ends();
  if (concurrent_->judge.failure()) fail(*concurrent_->judge.failure());
  subject_->audit(touched);
  if (failure()) return outcome;

  note_space(calls);
  for (Played& call : calls) call.was_cut = cut_by_another(call, calls);
  std::optional<Failure> why_not;
  // No more bytes can be dirty than the volume has.
  const Number volume_bytes = (setting_.first_block + setting_.blocks) * setting_.block_size;
  const bool throttles = setting_.dirty_max < volume_bytes;
  std::vector<Order> orders =
      explain(files_, calls.front(), std::span(calls).subspan(1), throttles, name(), why_not);
  if (orders.empty()) {
    fail(std::move(*why_not));
    return outcome;
  }
  adopt(std::move(orders), calls, outcome);
  for (const Number number : touched) check_size(number);
  return outcome;
}

void SubjectRun::note_space(std::span<Played> calls) {
  // A truncate may free what a write has taken meanwhile.
  FileModels grown = files_;
  for (const Played& call : calls) {
    const Command& c = *call.command;
    if (c.action != Action::write) continue;
    FileModel& model = grown[c.file];
    const Number pos = c.at < 0 ? model.positions[0] : static_cast<Number>(c.at);
    const Number end =
        pos + count_of(answer_at(pos, total_bytes(c), answer_for(total_bytes(c), good_bytes(c))));
    if (model.size() < end) model.resize(end);
  }
  std::uint64_t all = 0;
  for (const Played& call : calls) all += blocks_moved(*call.command, grown, setting_.block_size);
  for (Played& call : calls) {
    const std::uint64_t others = all - blocks_moved(*call.command, grown, setting_.block_size);
    call.may_run_out = subject_->free_blocks() < spec::kPageSize / setting_.block_size + others;
  }
}

void SubjectRun::adopt(
    std::vector<Order> orders, std::span<const Played> calls, WithActors& outcome) {
  const auto same_files = [&](const Order& a, const Order& b) {
    return std::ranges::equal(a.files, b.files, [&](const auto& x, const auto& y) {
      return x.first == y.first && same_bytes(x.second, y.second);
    });
  };
  // Orders that leave the same bytes may leave other blocks: the one of the locks goes first.
  const auto played = std::ranges::find(orders, concurrent_->recorder.before(), &Order::before);
  if (played != orders.end()) std::rotate(orders.begin(), played, std::next(played));
  // Only if the orders differ are bytes read: that fills the cache, and so changes the case.
  const bool alike = std::ranges::all_of(
      orders, [&](const Order& order) { return same_files(order, orders.front()); });
  auto chosen = orders.begin();
  if (!alike) chosen = std::ranges::find_if(orders, [&](const Order& o) { return shows(o.files); });
  if (chosen == orders.end()) chosen = orders.begin();
  files_ = std::move(chosen->files);
  outcome.before = chosen->before;
  outcome.may_part = chosen->saw_part;
  for (const Played& call : calls) {
    const Command& c = *call.command;
    outcome.may_part = outcome.may_part || stopped_for_space(c, call.answer);
    if (!alike || c.look_back) {
      for (const Range& range : ranges_to_compare(file(c.file))) {
        if (!failure()) check_contents(c.file, range);
      }
    }
  }
}

bool SubjectRun::shows(const FileModels& files) {
  return std::ranges::all_of(files, [&](const auto& entry) {
    const auto& [number, model] = entry;
    if (static_cast<Number>(subject_->size(number)) != model.size()) return false;
    return std::ranges::all_of(ranges_to_compare(model), [&](const Range& range) {
      const std::span<const std::byte> got = read_back(number, range.start, range.length());
      return model.equal_bytes(range.start, got) == got.size();
    });
  });
}

void SubjectRun::check_synced(Number number, std::span<const Played> calls) {
  const FileModel& before = file(number);
  const Number bs = setting_.block_size;
  const auto any_call = [&](Action action, const auto& holds) {
    return std::ranges::any_of(calls, [&](const Played& call) {
      const Command& c = *call.command;
      return c.file == number && c.action == action && holds(call);
    });
  };
  const auto place_of = [&](const Command& c) {
    return c.at < 0 ? before.positions[0] : static_cast<Number>(c.at);
  };
  const bool is_cut = any_call(Action::truncate, [](const Played&) { return true; });
  // Whether one of the calls may have made the byte this one.
  const auto may_be = [&](Number pos, std::byte value) {
    return (is_cut && value == std::byte{0}) || any_call(Action::write, [&](const Played& call) {
             const Number from = place_of(*call.command);
             return from <= pos && pos < from + total_bytes(*call.command) &&
                    value == pattern(call.seed, pos - from);
           });
  };
  // A block without bytes before may get its place behind the flush; the bytes are on their way.
  const auto may_be_new = [&](Number pos) {
    const bool was_empty = is_cut || before.find_nonzero(pos, pos + bs) == pos + bs;
    return was_empty && any_call(Action::write, [&](const Played& call) {
             const Number from = place_of(*call.command);
             return from < pos + bs && pos < from + total_bytes(*call.command);
           });
  };
  std::vector<std::byte> block(bs);
  const auto check_block = [&](Number pos) {
    if (may_be_new(pos)) return;
    std::ranges::fill(block, std::byte{0});
    if (const auto mapped = subject_->device_block_of(number, pos / bs)) {
      if (const int error = subject_->read_medium(*mapped * bs, block); error != 0) {
        throw std::runtime_error(
            fmt::format("the device cannot be read: {}", std::strerror(-error)));
      }
    }
    for (Number k = before.equal_bytes(pos, block); k < bs; ++k) {
      if (block[k] == before.at(pos + k) || may_be(pos + k, block[k])) continue;
      return fail(wrong_byte(
          name(), pos + k, before.at(pos + k), block[k],
          "When fsync returns, each byte that was dirty before it lies flushed on the device, "
          "unless it was written since."));
    }
  };
  for (const Range& range : ranges_to_compare(before)) {
    for (Number pos = range.start / bs * bs; pos < range.end && !failure_; pos += bs)
      check_block(pos);
  }
}

void SubjectRun::count_actors(const Command& c) {
  if (coverage_ == nullptr) return;
  for (std::size_t k = 0; k < c.actors.size(); ++k) {
    const Actor& actor = c.actors[k];
    if (concurrent_->turns.began_at_point()[k])
      coverage_->count_actor({actor.command.action, actor.point});
  }
  coverage_->count_contended(concurrent_->turns.contended());
}

}  // namespace quire::props
