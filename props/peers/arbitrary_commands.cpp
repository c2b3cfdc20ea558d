#include "props/peers/arbitrary_commands.h"

#include "props/differential/pieces.h"
#include "ref/vfs/rw_flags.h"
#include "spec/geometry.h"
#include "spec/word.h"

#include <fcntl.h>
#include <rapidcheck.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace quire::props {
namespace {

using Number = std::uint64_t;
using Commands = std::vector<Command>;
namespace gen = rc::gen;

constexpr Number kBlock = 4096;
constexpr int kUnknownFlag = 1 << 30;

/// The fields of any command: the file, the handle, and sometimes a limit on sizes.
struct Common {
  Number file;
  Number handle;
  std::optional<Number> limit;
};

rc::Gen<Common> common(const Windows& windows) {
  return gen::apply(
      [](Number file, Number handle, bool limited, Number limit) {
        Common c{file, handle, std::nullopt};
        if (limited) c.limit = limit;
        return c;
      },
      gen::inRange<Number>(0, 2), gen::weightedElement<Number>({{6, 0}, {2, 1}, {1, 2}}),
      gen::weightedElement<bool>({{14, false}, {1, true}}),
      position({windows.bytes + kBlock, windows.starts}));
}

Command with(const Common& common, Command c) {
  c.file = common.file;
  c.handle = common.handle;
  c.limit = common.limit;
  return c;
}

rc::Gen<int> rw_flags() {
  const auto any = gen::map(gen::inRange(0, 32), [](int bits) { return bits << 1; });
  return gen::weightedOneOf<int>(
      {{18, gen::just(0)},
       {4, gen::just(ref::kAppend)},
       {4, gen::just(ref::kNowait)},
       {3, gen::element(ref::kDsync, ref::kSync)},
       {2, gen::element(
               ref::kDsync | ref::kAppend, ref::kSync | ref::kAppend, ref::kDsync | ref::kNowait,
               ref::kSync | ref::kNowait)},
       {1, gen::just(ref::kNoappend)},
       {1, any},
       {1, gen::just(kUnknownFlag)}});
}

/// Makes a write of one good buffer end at the edge of a page, or one byte off: that is where a
/// range to be synced is cut short.
void end_near_a_page(Command& c, int off) {
  if (c.memory.size() != 1 || c.memory[0].kind != BufferKind::plain || c.at < 0) return;
  const auto at = static_cast<Number>(c.at);
  const Number end = spec::round_up(at + c.memory[0].size + 1, spec::kPageSize);
  c.memory[0].size = end + static_cast<Number>(off) - at;
}

/// In windows that reach the largest size, some of these end at the last byte that a file can have,
/// one before it or one behind it.
rc::Gen<Command> up_to_the_last_byte(rc::Gen<Command> transfers, const Windows& windows) {
  if (windows.starts.front() != spec::kFileSizeMax - windows.bytes + 1) return transfers;
  return gen::apply(
      [](Command c, bool ends_there, std::int64_t off) {
        const auto bytes = static_cast<std::int64_t>(total_bytes(c));
        if (ends_there && bytes > 1)
          c.at = static_cast<std::int64_t>(spec::kFileSizeMax) - bytes + off;
        return c;
      },
      std::move(transfers), gen::weightedElement<bool>({{3, false}, {1, true}}),
      gen::element<std::int64_t>(0, -1, 1));
}

rc::Gen<Command> moves(Action action, const Windows& windows, bool late) {
  return gen::apply(
      [](Command c, const Common& common, int flags, int off, Number ticks, HeldLock held) {
        c.look_back = false;
        c.flags = flags;
        c.ticks = ticks;
        if ((flags & ref::kNowait) != 0) c.held = held;
        const bool limited = c.action == Action::write;
        if (limited && (flags & (ref::kDsync | ref::kSync)) != 0 && off < 2)
          end_near_a_page(c, off);
        return with({common.file, common.handle, limited ? common.limit : std::nullopt}, c);
      },
      up_to_the_last_byte(transfer(action, windows, late), windows), common(windows), rw_flags(),
      gen::weightedElement<int>({{3, 2}, {2, 1}, {1, 0}, {1, -1}}),
      gen::weightedElement<Number>({{6, 0}, {1, 1}}),
      gen::weightedElement<HeldLock>(
          {{6, HeldLock::none},
           {1, HeldLock::iolock},
           {1, HeldLock::ilock},
           {2, HeldLock::folio}}));
}

rc::Gen<Command> bare(Action action) {
  return gen::map(common({kBlock}), [action](const Common& common) {
    Command c;
    c.action = action;
    return with({common.file, common.handle, std::nullopt}, c);
  });
}

rc::Gen<Command> truncate(const Windows& windows) {
  return gen::apply(
      [](const Common& common, Number length) {
        Command c;
        c.action = Action::truncate;
        c.length = length;
        return with(common, c);
      },
      common(windows), position(windows));
}

/// A number below `end`, a multiple of a block twice out of three times.
rc::Gen<Number> mostly_blocks(Number end) {
  return gen::apply(
      [](Number n, bool whole) { return whole ? n / kBlock * kBlock : n; }, near_edges(end),
      gen::weightedElement<bool>({{2, true}, {1, false}}));
}

rc::Gen<int> fallocate_mode() {
  constexpr int kKeep = FALLOC_FL_KEEP_SIZE;
  return gen::weightedElement<int>(
      {{3, 0},
       {3, kKeep},
       {6, FALLOC_FL_PUNCH_HOLE | kKeep},
       {3, FALLOC_FL_ZERO_RANGE},
       {3, FALLOC_FL_ZERO_RANGE | kKeep},
       {1, FALLOC_FL_UNSHARE_RANGE},
       {1, FALLOC_FL_UNSHARE_RANGE | kKeep},
       {1, FALLOC_FL_PUNCH_HOLE},
       {1, FALLOC_FL_COLLAPSE_RANGE | kKeep},
       {1, FALLOC_FL_ZERO_RANGE | FALLOC_FL_PUNCH_HOLE | kKeep},
       {1, kUnknownFlag}});
}

/// A number of whole blocks below `end`, often few; one in eight is not whole.
rc::Gen<Number> few_blocks(Number end) {
  const auto few = gen::map(
      gen::inRange<Number>(0, 4), [end](Number n) { return std::min(n * kBlock, end - kBlock); });
  return gen::weightedOneOf<Number>({{4, few}, {3, mostly_blocks(end)}, {1, near_edges(end)}});
}

/// The start of a window, and an offset from `offsets`.
rc::Gen<Number> place(const Windows& windows, rc::Gen<Number> offsets) {
  return gen::apply(
      [](Number start, Number offset) { return start + offset; }, gen::elementOf(windows.starts),
      std::move(offsets));
}

rc::Gen<Command> fallocate(const Windows& windows) {
  return gen::apply(
      [](const Common& common, int mode, Number at, Number length, int odd) {
        Command c;
        c.action = Action::fallocate;
        c.flags = mode;
        c.at = odd == 1 ? -1 : static_cast<std::int64_t>(at);
        c.length = odd == 2 ? 0 : std::max<Number>(length, 1);
        return with(common, c);
      },
      common(windows), fallocate_mode(), place(windows, mostly_blocks(windows.bytes)),
      mostly_blocks(windows.bytes), gen::weightedElement<int>({{30, 0}, {1, 1}, {1, 2}}));
}

/// COLLAPSE_RANGE and INSERT_RANGE: by little, so that files do not grow without end.
rc::Gen<Command> move_range(const Windows& windows) {
  return gen::apply(
      [](const Common& common, bool inserts, Number at, Number length) {
        Command c;
        c.action = Action::fallocate;
        c.flags = inserts ? FALLOC_FL_INSERT_RANGE : FALLOC_FL_COLLAPSE_RANGE;
        c.at = static_cast<std::int64_t>(at);
        c.length = std::max(length, kBlock);
        return with(common, c);
      },
      common(windows), gen::arbitrary<bool>(), place(windows, few_blocks(windows.bytes)),
      few_blocks(windows.bytes / 4 + kBlock));
}

/// A command that takes bytes of a file.
rc::Gen<Command> takes(
    Action action, const Windows& windows, rc::Gen<Number> lengths, rc::Gen<Number> places) {
  return gen::apply(
      [action](const Common& common, Number source, Number from, Number length, Number at) {
        Command c;
        c.action = action;
        c.source = source;
        c.from = static_cast<std::int64_t>(from);
        c.length = length;
        c.at = static_cast<std::int64_t>(at);
        return with(common, c);
      },
      common(windows), gen::inRange<Number>(0, 2), places, lengths, places);
}

rc::Gen<Command> write_mapped(const Windows& windows) {
  return gen::apply(
      [](Command c, bool at_position, bool append, bool sync) {
        if (at_position) c.at = -1;
        if (append) c.flags = ref::kAppend;
        if (sync) c.flags |= ref::kDsync;
        c.limit.reset();
        c.length = std::max<Number>(c.length, 1);
        return c;
      },
      takes(
          Action::write_mapped, windows, near_edges(std::min<Number>(windows.bytes, 128 << 10)),
          position(windows)),
      gen::weightedElement<bool>({{8, false}, {1, true}}),
      gen::weightedElement<bool>({{8, false}, {1, true}}),
      gen::weightedElement<bool>({{8, false}, {1, true}}));
}

rc::Gen<Command> clone(const Windows& windows) {
  // A handle that appends is refused. Length 0 is all up to the end, and ref clones each block.
  const Number least = windows.starts.size() == 1 ? 0 : kBlock;
  return gen::apply(
      [least](Command c, bool refused) {
        if (!refused) c.handle = 0;
        c.length = std::max(c.length, least);
        return c;
      },
      takes(
          Action::clone, windows, few_blocks(windows.bytes),
          place(windows, few_blocks(windows.bytes))),
      gen::weightedElement<bool>({{7, false}, {1, true}}));
}

rc::Gen<Command> seek(const Windows& windows) {
  return gen::apply(
      [](const Common& common, Number offset, int whence, bool back) {
        Command c;
        c.action = Action::seek;
        c.flags = whence;
        c.at = static_cast<std::int64_t>(offset);
        if (back) c.at = -c.at;
        return with({common.file, common.handle, std::nullopt}, c);
      },
      common(windows), position(windows),
      gen::weightedElement<int>(
          {{2, SEEK_SET}, {2, SEEK_CUR}, {2, SEEK_END}, {3, SEEK_DATA}, {3, SEEK_HOLE}, {1, 7}}),
      gen::weightedElement<bool>({{4, false}, {1, true}}));
}

rc::Gen<Command> fill(Number universe) {
  return gen::map(near_edges(std::min<Number>(universe, 256 << 10)), [](Number leave) {
    Command c;
    c.action = Action::fill;
    c.length = leave;
    return c;
  });
}

}  // namespace

Command waiting(Command c) {
  c.flags &= ~ref::kNowait;
  c.held = HeldLock::none;
  return c;
}

rc::Gen<Command> any_command(const Windows& windows, bool late, std::size_t fills) {
  return gen::weightedOneOf<Command>(
      {{36, moves(Action::write, windows, late)},
       {8, moves(Action::read, windows, late)},
       {3, bare(Action::fsync)},
       {3, bare(Action::fdatasync)},
       {3, bare(Action::syncfs)},
       {4, bare(Action::write_back)},
       {6, truncate(windows)},
       {8, bare(Action::drop_cache)},
       {3, bare(Action::reopen)},
       {4, seek(windows)},
       {12, fallocate(windows)},
       {7, move_range(windows)},
       {9, clone(windows)},
       {6, write_mapped(windows)},
       {6, bare(Action::store_mapped)},
       {fills, fill(windows.bytes)}});
}

rc::Gen<Command> quota_command(const Windows& windows, bool late) {
  return gen::weightedOneOf<Command>(
      {{24, gen::map(moves(Action::write, windows, late), waiting)},
       {2, moves(Action::read, windows, late)},
       {2, bare(Action::fsync)},
       {2, bare(Action::write_back)},
       {6, truncate(windows)},
       {3, bare(Action::drop_cache)},
       {1, bare(Action::reopen)}});
}

rc::Gen<Command> command_to_fail(const Windows& windows, bool late) {
  const auto any = gen::weightedOneOf<Command>(
      {{28, gen::map(moves(Action::write, windows, late), waiting)},
       {16, gen::map(moves(Action::read, windows, late), waiting)},
       {8, bare(Action::fsync)},
       {3, bare(Action::fdatasync)},
       {5, bare(Action::syncfs)},
       {6, bare(Action::write_back)},
       {12, truncate(windows)},
       {16, bare(Action::drop_cache)},
       {3, bare(Action::reopen)},
       {2, seek(windows)},
       {5, fallocate(windows)},
       {2, move_range(windows)},
       {4, clone(windows)},
       {2, write_mapped(windows)}});
  return gen::apply(
      [](Command c, bool first) {
        if (first) c.file = 0;
        c.limit.reset();
        return c;
      },
      any, gen::weightedElement<bool>({{3, true}, {1, false}}));
}

}  // namespace quire::props
