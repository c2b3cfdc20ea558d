#include "props/lockstep/aim.h"

#include "props/differential/large_devices.h"
#include "props/differential/pieces.h"
#include "spec/geometry.h"
#include "spec/locks/order.h"

#include <rapidcheck.h>

#include <algorithm>
#include <cerrno>
#include <optional>

namespace quire::props {
namespace {

using Number = std::uint64_t;
using Commands = std::vector<Command>;
namespace gen = rc::gen;

/// Commands behind the first ones have positions in windows of so many bytes.
constexpr Number kUniverse = 256 << 10;
/// A dirty_max that throttles, bytes.
constexpr Number kThrottling = 8192;

/// Inclusive.
rc::Gen<Number> within(ValueRange range) {
  return gen::inRange<Number>(range.first, range.last + 1);
}

Command write_at(Number pos, const BufferShape& memory) {
  return Command{Action::write, 0, static_cast<std::int64_t>(pos), {memory}, 0, false};
}

BufferShape good_memory(Number bytes) { return {BufferKind::plain, bytes, 0, 0}; }

rc::Gen<Commands> ways_to(const WriteClass& wanted, const Setting& setting) {
  const Number block_size = setting.block_size;
  const Number blocks = spec::kPageSize / block_size;
  const auto in_page =
      wanted.alignment == Alignment::at_a_page ? gen::just<Number>(0)
      : wanted.alignment == Alignment::at_a_block
          ? gen::map(
                gen::inRange<Number>(1, blocks), [=](Number block) { return block * block_size; })
          : gen::apply(
                [=](Number block, Number byte) { return block * block_size + byte; },
                gen::inRange<Number>(0, blocks), gen::inRange<Number>(1, block_size));
  return gen::apply(
      [](Number page, Number offset, Number bytes) {
        return Commands{write_at(page * spec::kPageSize + offset, good_memory(bytes))};
      },
      gen::inRange<Number>(0, 16), in_page, within(kWriteSizes[wanted.size]));
}

/// Bytes of a copy that stops below `end`: mostly so few that a volume of any size holds them.
rc::Gen<Number> few_bytes(Number end) {
  return gen::weightedOneOf<Number>(
      {{5, gen::inRange<Number>(1, std::min<Number>(end, spec::kPageSize))},
       {1, gen::inRange<Number>(1, end)}});
}

/// A folio of `folio` bytes lies at `pos` once a write covers it and ends with it. The page before
/// has an odd number, so that no folio joins it with another.
rc::Gen<Commands> ways_to(const EndClass& wanted, Number folio, Number pos) {
  const Number page = spec::kPageSize;
  Commands start;
  if (wanted.uptodate) {
    // On a small volume the folio takes every block, so write the page before it first.
    if (wanted.stop == Stop::at_once) start.push_back(write_at(pos - page, good_memory(page)));
    start.push_back(write_at(pos, good_memory(folio)));
  }
  const auto then = [start](const Command& last) {
    Commands all = start;
    all.push_back(last);
    return all;
  };
  if (wanted.stop == Stop::whole) return gen::just(then(write_at(pos, good_memory(folio))));
  const auto kind = gen::element(BufferKind::ends_in_prot_none, BufferKind::ends_in_sigbus);
  if (wanted.stop == Stop::in_the_middle) {
    return gen::apply(
        [=](BufferKind ends, Number readable) {
          return then(write_at(pos, {ends, folio, readable, 0}));
        },
        kind, few_bytes(folio));
  }
  // The page before takes all readable bytes: none are left for the folio behind it.
  return gen::map(kind, [=](BufferKind ends) {
    return then(write_at(pos - page, {ends, page + folio, page, 0}));
  });
}

rc::Gen<Commands> ways_to(const EndClass& wanted, const Setting&) {
  return gen::mapcat(within(kFolioOrders[wanted.order]), [=](Number order) {
    const Number folio = spec::kPageSize << order;
    // An odd multiple: an iteration ends at multiples of the largest folio, and none may end before
    // it.
    const Number unit = std::max<Number>(folio, 2 * spec::kPageSize);
    return gen::mapcat(gen::inRange<Number>(0, folio < (1 << 20) ? 3 : 1), [=](Number n) {
      return ways_to(wanted, folio, (2 * n + 1) * unit);
    });
  });
}

/// A byte of every file that begins a block and a page, where the class is met.
Number place_of(const LargeClass& wanted) {
  if (wanted.kind == Large::position) return kLargePlaces[wanted.index].pos;
  return wanted.kind == Large::file_block ? std::uint64_t{1} << 44 : 0;
}

rc::Gen<Commands> ways_to(const LargeClass& wanted, const Setting&) {
  return gen::map(gen::inRange<Number>(1, spec::kPageSize), [=](Number bytes) {
    const Number place = place_of(wanted);
    const Number pos = place == spec::kFileSizeMax ? place - spec::kPageSize : place;
    Command flush;
    flush.action = Action::fsync;
    return Commands{write_at(pos, good_memory(bytes)), flush};
  });
}

/// Windows for the commands behind the first ones.
Windows windows_for(const InputClass& wanted) {
  const auto* const large = std::get_if<LargeClass>(&wanted);
  const Number place = large == nullptr ? 0 : place_of(*large);
  return place == 0 ? Windows{kUniverse} : windows_at(place, kUniverse);
}

Command fsync_of(Number file) { return {Action::fsync, file, 0, {}, 0, false}; }

/// A page on the device, of which nothing is cached.
Commands page_on_the_device() {
  return {
      write_at(0, good_memory(spec::kPageSize)),
      fsync_of(0),
      {Action::drop_cache, 0, 0, {}, 0, false}};
}

rc::Gen<Commands> ways_to(const FaultClass& wanted, const Setting&) {
  Commands all;
  if (wanted.kind == FaultKind::read) {
    all = page_on_the_device();
  } else if (wanted.kind == FaultKind::write && wanted.during == Action::write) {
    // More is dirty than may be, and the next write goes on to write it back.
    all.push_back(write_at(0, good_memory(4 * spec::kPageSize)));
  } else if (wanted.during != Action::write) {
    all.push_back(write_at(0, good_memory(spec::kPageSize)));
    if (wanted.during != Action::fsync) all = page_on_the_device();
  }
  Command struck = fsync_of(0);
  if (wanted.during == Action::write) struck = write_at(1, good_memory(100));
  if (wanted.during == Action::read) {
    struck = write_at(0, good_memory(spec::kPageSize));
    struck.action = Action::read;
  }
  if (wanted.during == Action::truncate) struck = {Action::truncate, 0, 0, {}, 100, false};
  const auto errors =
      wanted.kind == FaultKind::memory ? gen::just(ENOMEM) : gen::element(EIO, ENOSPC, ENOMEM);
  return gen::map(errors, [=](int error) {
    Commands commands = all;
    Command with = struck;
    with.fault = Fault{wanted.kind, 0, wanted.reach, error};
    commands.push_back(with);
    commands.push_back(struck);
    return commands;
  });
}

rc::Gen<Commands> ways_to(const StrikeClass& wanted, const Setting& setting) {
  const auto with_fault = [](Command c, FaultKind kind, Number after) {
    c.fault = Fault{kind, after, FaultReach::all, EIO};
    return c;
  };
  if (wanted.strike == Strike::behind_good_run) {
    // Two runs: the page between them is clean.
    return gen::just(Commands{
        write_at(0, good_memory(3 * spec::kPageSize)), fsync_of(0),
        write_at(0, good_memory(spec::kPageSize)),
        write_at(2 * spec::kPageSize, good_memory(spec::kPageSize)),
        with_fault(fsync_of(0), FaultKind::write, 1)});
  }
  if (wanted.strike == Strike::before_an_open) {
    // More is dirty than may be, and the next write goes on to write it back.
    Command open = {Action::reopen, 0, 0, {}, 0, false}, sync = fsync_of(0);
    open.handle = sync.handle = 1;
    return gen::just(Commands{
        write_at(0, good_memory(4 * spec::kPageSize)),
        with_fault(write_at(1, good_memory(100)), FaultKind::write, 0), open, sync});
  }
  // From the middle of a block on the device to the middle of a hole: impl prepares both in one
  // range, reserves the second, and then reads the first.
  const Number block = setting.block_size;
  return gen::just(Commands{
      write_at(0, good_memory(block)), fsync_of(0), Command{Action::drop_cache, 0, 0, {}, 0, false},
      with_fault(write_at(block / 2, good_memory(block)), FaultKind::read, 0)});
}

rc::Gen<Commands> ways_to(const RecoveryClass& wanted, const Setting& setting) {
  const Action during = wanted.after == FaultKind::read     ? Action::read
                        : wanted.after == FaultKind::memory ? Action::write
                                                            : Action::fsync;
  // The fault is over after one operation, or after the command: both recover.
  return ways_to(FaultClass{wanted.after, FaultReach::all, during}, setting);
}

/// The second file's writer is throttled, and writes the first file back, which was dirty first.
rc::Gen<Commands> ways_to(const FlushClass&, const Setting&) {
  const auto to_file = [](Number file, Number pos, Number bytes) {
    Command c = write_at(pos, good_memory(bytes));
    c.file = file;
    return c;
  };
  constexpr Number kSome = 2 * kThrottling;
  return gen::just(Commands{
      to_file(0, 0, kSome), to_file(1, 0, kSome), to_file(1, 0, 100),
      Command{Action::fsync, 0, 0, {}, 0, false}});
}

/// A command that passes the point, over bytes that are dirty.
Command command_past(YieldPoint point) {
  Command c = write_at(spec::kPageSize, good_memory(spec::kPageSize));
  if (point == YieldPoint::device) c = Command{Action::fsync, 0, 0, {}, 0, false};
  return c;
}

Command actor_command(Action action) {
  Command c{action, 0, 0, {}, 0, false};
  if (action == Action::fsync || action == Action::reopen) c.handle = 1;
  if (moves_bytes(c)) c.memory.push_back(good_memory(spec::kPageSize));
  return c;
}

rc::Gen<Commands> with_actor(const Actor& actor) {
  Command c = command_past(actor.point);
  c.actors.push_back(actor);
  return gen::just(Commands{write_at(0, good_memory(spec::kPageSize)), c});
}

rc::Gen<Commands> ways_to(const ActorClass& wanted, const Setting&) {
  return with_actor({wanted.point, 0, 0, actor_command(wanted.action)});
}

rc::Gen<Commands> ways_to(const ContendedClass& wanted, const Setting&) {
  if (wanted.rank == spec::rank_of<spec::WritebackLock>)
    return with_actor({YieldPoint::device, 0, 0, actor_command(Action::fsync)});
  // The fsync has written its one run by then, and is about to flush the device.
  if (wanted.rank == spec::rank_of<spec::FlushLock>)
    return with_actor({YieldPoint::device, 2, 0, actor_command(Action::fsync)});
  if (wanted.rank == spec::rank_of<spec::FolioLock>) {
    Command rewrite = write_at(0, good_memory(spec::kPageSize));
    rewrite.actors.push_back({YieldPoint::folio_held, 0, 0, actor_command(Action::fsync)});
    return gen::just(Commands{write_at(0, good_memory(spec::kPageSize)), rewrite});
  }
  return with_actor({YieldPoint::folio_held, 0, 0, actor_command(Action::write)});
}

}  // namespace

rc::Gen<Case> case_for(const InputClass& wanted, const Bounds& bounds) {
  const auto* const found = std::get_if<LargeClass>(&wanted);
  const auto large = found == nullptr ? std::nullopt : std::optional(*found);
  const auto* const write = std::get_if<WriteClass>(&wanted);
  const auto* const strike = std::get_if<StrikeClass>(&wanted);
  const bool small_blocks = (write != nullptr && write->alignment == Alignment::at_a_block) ||
                            (strike != nullptr && strike->strike == Strike::in_reserving_write);
  const auto* const fault = std::get_if<FaultClass>(&wanted);
  const bool throttled =
      (fault != nullptr && fault->kind == FaultKind::write && fault->during == Action::write) ||
      (strike != nullptr && strike->strike == Strike::before_an_open);
  const auto setting = gen::map(arbitrary_setting(bounds, spec::kFolioSizeMax), [=](Setting s) {
    if (small_blocks && s.block_size == spec::kPageSize) {
      s.block_size /= 2;
      s.blocks *= 2;
    }
    s.folio_max = spec::kFolioSizeMax;
    if (large && large->kind == Large::device_byte)
      s.first_block = kFirstBytes[large->index] / s.block_size;
    if (throttled || std::holds_alternative<FlushClass>(wanted)) s.dirty_max = kThrottling;
    return s;
  });
  const auto more = [&](Besides besides) {
    return arbitrary_commands(bounds, windows_for(wanted), 8, besides);
  };
  const bool interleaved =
      std::holds_alternative<ActorClass>(wanted) || std::holds_alternative<ContendedClass>(wanted);
  const auto behind =
      interleaved
          ? more(Besides::nothing)
          : gen::weightedOneOf<Commands>({{2, more(Besides::nothing)}, {1, more(Besides::faults)}});
  const auto whole = gen::mapcat(setting, [=](const Setting& s) {
    return gen::apply(
        [=](Commands commands, const Commands& more) {
          commands.insert(commands.end(), more.begin(), more.end());
          return Case{s, std::move(commands)};
        },
        std::visit([&](const auto& c) { return ways_to(c, s); }, wanted), behind);
  });
  return with_fewer_commands(gen::resize(rc::kNominalSize, whole));
}

}  // namespace quire::props
