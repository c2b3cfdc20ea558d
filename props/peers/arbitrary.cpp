#include "props/peers/arbitrary.h"

#include "props/differential/pieces.h"
#include "ref/vfs/rw_flags.h"
#include "spec/geometry.h"

#include <fcntl.h>
#include <rapidcheck.h>
#include <unistd.h>

#include <algorithm>

namespace quire::props {
namespace {

using Number = std::uint64_t;
namespace gen = rc::gen;

constexpr Number kBlock = 4096;
constexpr int kUnknownFlag = 1 << 30;
/// A volume of ref's costs little to fill.
constexpr std::size_t kModelFills = 4;

/// The fields of any command: the file, the handle, and sometimes a limit on sizes.
struct Common {
  Number file;
  Number handle;
  std::optional<Number> limit;
};

rc::Gen<Common> common(Number universe) {
  return gen::apply(
      [](Number file, Number handle, bool limited, Number limit) {
        Common c{file, handle, std::nullopt};
        if (limited) c.limit = limit;
        return c;
      },
      gen::inRange<Number>(0, 2), gen::weightedElement<Number>({{6, 0}, {2, 1}, {1, 2}}),
      gen::weightedElement<bool>({{14, false}, {1, true}}), near_edges(universe + kBlock));
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
       {2, gen::element(ref::kDsync, ref::kSync, ref::kNoappend)},
       {1, any},
       {1, gen::just(kUnknownFlag)}});
}

rc::Gen<Command> moves(Action action, Number universe, bool late) {
  return gen::apply(
      [](Command c, const Common& common, int flags) {
        c.look_back = false;
        c.flags = flags;
        const bool limited = c.action == Action::write;
        return with({common.file, common.handle, limited ? common.limit : std::nullopt}, c);
      },
      transfer(action, universe, late), common(universe), rw_flags());
}

rc::Gen<Command> bare(Action action) {
  return gen::map(common(kBlock), [action](const Common& common) {
    Command c;
    c.action = action;
    return with({common.file, common.handle, std::nullopt}, c);
  });
}

rc::Gen<Command> truncate(Number universe) {
  return gen::apply(
      [](const Common& common, Number length) {
        Command c;
        c.action = Action::truncate;
        c.length = length;
        return with(common, c);
      },
      common(universe), near_edges(universe));
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

rc::Gen<Command> fallocate(Number universe) {
  return gen::apply(
      [](const Common& common, int mode, Number at, Number length, int odd) {
        Command c;
        c.action = Action::fallocate;
        c.flags = mode;
        c.at = odd == 1 ? -1 : static_cast<std::int64_t>(at);
        c.length = odd == 2 ? 0 : std::max<Number>(length, 1);
        return with(common, c);
      },
      common(universe), fallocate_mode(), mostly_blocks(universe), mostly_blocks(universe),
      gen::weightedElement<int>({{30, 0}, {1, 1}, {1, 2}}));
}

/// COLLAPSE_RANGE and INSERT_RANGE: by little, so that files do not grow without end.
rc::Gen<Command> move_range(Number universe) {
  return gen::apply(
      [](const Common& common, bool inserts, Number at, Number length) {
        Command c;
        c.action = Action::fallocate;
        c.flags = inserts ? FALLOC_FL_INSERT_RANGE : FALLOC_FL_COLLAPSE_RANGE;
        c.at = static_cast<std::int64_t>(at);
        c.length = std::max(length, kBlock);
        return with(common, c);
      },
      common(universe), gen::arbitrary<bool>(), few_blocks(universe),
      few_blocks(universe / 4 + kBlock));
}

/// A command that takes bytes of a file.
rc::Gen<Command> takes(
    Action action, Number universe, rc::Gen<Number> lengths, rc::Gen<Number> places) {
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
      common(universe), gen::inRange<Number>(0, 2), places, lengths, places);
}

rc::Gen<Command> write_mapped(Number universe) {
  return gen::apply(
      [](Command c, bool at_position, bool append) {
        if (at_position) c.at = -1;
        if (append) c.flags = ref::kAppend;
        c.limit.reset();
        c.length = std::max<Number>(c.length, 1);
        return c;
      },
      takes(
          Action::write_mapped, universe, near_edges(std::min<Number>(universe, 128 << 10)),
          near_edges(universe)),
      gen::weightedElement<bool>({{8, false}, {1, true}}),
      gen::weightedElement<bool>({{8, false}, {1, true}}));
}

rc::Gen<Command> clone(Number universe) {
  // A handle that appends is refused.
  return gen::apply(
      [](Command c, bool refused) {
        if (!refused) c.handle = 0;
        return c;
      },
      takes(Action::clone, universe, few_blocks(universe), few_blocks(universe)),
      gen::weightedElement<bool>({{7, false}, {1, true}}));
}

rc::Gen<Command> seek(Number universe) {
  return gen::apply(
      [](const Common& common, Number offset, int whence, bool back) {
        Command c;
        c.action = Action::seek;
        c.flags = whence;
        c.at = static_cast<std::int64_t>(offset);
        if (back) c.at = -c.at;
        return with({common.file, common.handle, std::nullopt}, c);
      },
      common(universe), near_edges(universe),
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

/// fills: how often a command fills the volume, among a hundred others.
rc::Gen<Command> command(Number universe, bool late, std::size_t fills) {
  return gen::weightedOneOf<Command>(
      {{36, moves(Action::write, universe, late)},
       {8, moves(Action::read, universe, late)},
       {2, bare(Action::fsync)},
       {2, bare(Action::fdatasync)},
       {1, bare(Action::syncfs)},
       {6, truncate(universe)},
       {8, bare(Action::drop_cache)},
       {3, bare(Action::reopen)},
       {4, seek(universe)},
       {12, fallocate(universe)},
       {7, move_range(universe)},
       {9, clone(universe)},
       {6, write_mapped(universe)},
       {fills, fill(universe)}});
}

/// settings: the block size and the mount's number; the rest is set here.
rc::Gen<Case> arbitrary_case_on(const rc::Gen<Setting>& settings, bool late, std::size_t fills) {
  const auto universe = gen::weightedElement<Number>({{8, 16 << 10}, {4, 256 << 10}, {1, 4 << 20}});
  return gen::mapcat(universe, [=](Number n) {
    const int length = n > (1 << 20) ? 8 : 25;
    const auto full = [](auto g) { return gen::resize(rc::kNominalSize, std::move(g)); };
    return gen::apply(
        [](const Setting& setting, bool each_byte, std::vector<Command> commands) {
          Case drawn{setting, std::move(commands)};
          drawn.setting.blocks = kPeerVolumeBytes / drawn.setting.block_size;
          drawn.setting.each_byte = each_byte;
          return drawn;
        },
        full(settings), gen::weightedElement<bool>({{2, true}, {1, false}}),
        gen::resize(length, gen::container<std::vector<Command>>(full(command(n, late, fills)))));
  });
}

/// Settings of one of ref's models: the block size is one of `sizes`, the mount's number below
/// `mounts`.
rc::Gen<Setting> mounted_settings(std::vector<Number> sizes, Number mounts) {
  return gen::apply(
      [](Number block_size, Number mount) {
        Setting setting;
        setting.block_size = block_size;
        setting.mount = mount;
        return setting;
      },
      gen::elementOf(std::move(sizes)), gen::inRange<Number>(0, mounts));
}

}  // namespace

rc::Gen<Case> arbitrary_peer_case(bool late) {
  return arbitrary_case_on(gen::just(Setting{}), late, 1);
}

rc::Gen<Case> arbitrary_xfs_case(bool late) {
  return arbitrary_case_on(
      mounted_settings({4096, 4096, 2048, 1024, 512}, kMounts), late, kModelFills);
}

rc::Gen<Case> arbitrary_mounted_case(bool late) {
  return arbitrary_case_on(mounted_settings({4096}, kMounts), late, kModelFills);
}

}  // namespace quire::props
