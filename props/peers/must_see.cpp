#include "props/peers/must_see.h"

#include "props/differential/pieces.h"
#include "props/peers/arbitrary.h"
#include "props/peers/wanted.h"
#include "ref/vfs/rw_flags.h"
#include "spec/geometry.h"

#include <fcntl.h>
#include <rapidcheck.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <functional>

namespace quire::props {
namespace {

using Number = std::uint64_t;
using Commands = std::vector<Command>;
namespace gen = rc::gen;

Command read(Place place, int flags = 0) {
  Command c = write(place, flags);
  c.action = Action::read;
  return c;
}

/// The same as `c`, with the other file as its source, which has as many bytes there.
Commands out_of_the_other(Command c) {
  c.source = 1 - c.file;
  c.from = c.at;
  c.length = spec::kPageSize;
  return {write({c.source, c.at}), c};
}

/// One command that needs nothing before it.
auto alone(Action action, int flags = 0) {
  return [=](Place p) { return Commands{command(action, p, flags)}; };
}
auto written(int flags) {
  return [=](Place p) { return Commands{write(p, flags)}; };
}
auto read_back(int flags) {
  return [=](Place p) { return Commands{write(p), read(p, flags)}; };
}
/// A sync of bytes that a power cut before it would have taken.
auto synced(Action action) {
  return [=](Place p) { return Commands{write(p), command(action, p)}; };
}
/// The writer has written them to the device already.
Commands flushed(Place p) {
  return {write(p), command(Action::write_back, p), command(Action::fsync, p)};
}
Commands synced_with_the_other(Place p) {
  return {write({1 - p.file, p.at}), command(Action::syncfs, p)};
}
Commands written_by_the_synchronous(Place p) {
  Command c = write(p);
  c.handle = Handle::kSync;
  return {c};
}

/// From byte 0 on, in a file that has bytes there.
auto sought(int whence) {
  return [=](Place p) {
    return Commands{write({p.file, 0}), command(Action::seek, {p.file, 0}, whence)};
  };
}
/// A block inside the file.
auto allocated(int mode) {
  return [=](Place p) {
    return Commands{
        write(p), command(Action::fallocate, {p.file, p.at + kPeerBlock}, mode, spec::kPageSize)};
  };
}

/// A block that another file shares.
Commands unshared(Place p) {
  Commands commands = out_of_the_other(command(Action::clone, p));
  commands.push_back(command(Action::fallocate, p, FALLOC_FL_UNSHARE_RANGE, spec::kPageSize));
  return commands;
}

Commands out_of_bad_memory(Place p) {
  Command c = write(p);
  c.memory = {{BufferKind::ends_in_prot_none, kSome, 0, 0}};
  return {c};
}
Commands behind_the_limit(Place p) {
  Command c = write(p);
  c.limit = static_cast<Number>(p.at);
  return {c};
}
Commands to_a_full_volume(Place p) { return {command(Action::fill, p), write(p, 0, 16 * kSome)}; }
/// The first write changes the times of the file, for which those behind it need not wait.
auto over_cached_bytes(int flags) {
  return [=](Place p) {
    Commands commands(2, write(p));
    commands.resize(6, write(p, ref::kNowait | flags));
    return commands;
  };
}

/// Of the page one block is cached, and the next would have to be read.
Commands of_a_page_in_part(Place p) {
  return {
      write(p), command(Action::fsync, p), command(Action::drop_cache, p), write(p, 0, 512),
      read({p.file, p.at + 1024}, ref::kNowait)};
}

/// What is read after each command would be cached as a whole.
void small_blocks_unread(Setting& setting) {
  setting.block_size = 512;
  setting.each_byte = false;
}

/// Cached bytes, whose writer would wait for nothing but this lock.
auto held(HeldLock which) {
  return [=](Place p) {
    Commands commands = over_cached_bytes(0)(p);
    commands.back().held = which;
    return commands;
  };
}
/// The same, for nothing but a change of the file's times.
Commands later(Place p) {
  Commands commands = over_cached_bytes(0)(p);
  commands.back().ticks = 1;
  return commands;
}

/// More pages are dirty than a throttled volume may have.
Commands after_dirty_pages(Place p) {
  return {write(p), write({p.file, p.at + 2 * static_cast<std::int64_t>(kSome)})};
}

/// So that a write waits for nothing but what the commands are about.
void unthrottled(Setting& setting) { setting.throttle = 0; }

auto synchronous(Number sync) {
  return [=](Setting& s) { s.sync = sync; };
}

constexpr Number kQuota = 400;       ///< blocks, a hundredth of which is more than one
constexpr Number kQuotaBlock = 512;  ///< bytes
auto limited(std::array<Number, 3> quota) {
  return [=](Setting& s) {
    s = Setting{};
    s.block_size = kQuotaBlock;
    s.blocks = kPeerVolumeBytes / kQuotaBlock;
    s.quota = quota;
  };
}
/// The first file gets space past its end. The second takes what is left of the quota, by ever
/// smaller writes, until one finds so little that the first must give back.
Commands up_to_the_limit(Place p) {
  Commands commands{write({p.file, 0}, 0, kSome), write({p.file, kSome}, 0, kQuotaBlock)};
  for (const Number blocks : {64, 16, 4, 3}) {
    for (int i = 0; i < 4; ++i) {
      commands.push_back(write({1 - p.file, -1}, 0, blocks * kQuotaBlock));
      commands.back().handle = 1;
    }
  }
  return commands;
}

/// A write behind dirty bytes, during which another thread acts: once it has written them back, the
/// write's mapping is stale.
auto meanwhile(Action action, YieldPoint point) {
  return [=](Place p) {
    Command later = write({p.file, p.at + static_cast<std::int64_t>(kSome)});
    later.actors.push_back({point, 0, 0, command(action, p)});
    return Commands{write(p), later};
  };
}

/// The file ends in a hole. A write to it reserves the page of its end, gets less memory than it
/// asked for, and finds that another thread has stored to that page.
Commands short_of_a_stored_page(Place p) {
  constexpr Number kPages = 3 * spec::kPageSize;
  Command shortened = write(p, 0, kPages + 50);
  shortened.memory.front().kind = BufferKind::ends_in_prot_none;
  shortened.memory.front().readable = spec::kPageSize;
  shortened.actors.push_back({YieldPoint::folio_wanted, 0, 0, command(Action::store_mapped, p)});
  const Number end = static_cast<Number>(p.at) + kPages + 100;
  return {command(Action::truncate, p), command(Action::truncate, p, 0, end), shortened};
}

constexpr int kKeep = FALLOC_FL_KEEP_SIZE;

const std::vector<Wanted>& all_wanted() {
  using P = PeerAllowance;
  static const std::vector<Wanted> kAll{
      {"write: done", written(0)},
      {"write: EFAULT", out_of_bad_memory},
      {"write: EFBIG", behind_the_limit},
      {"write: ENOSPC", to_a_full_volume},
      {"write APPEND: done", written(ref::kAppend)},
      {"write DSYNC: done", written(ref::kDsync)},
      {"write SYNC: done", written(ref::kSync)},
      {"write_mapped: done",
       [](Place p) { return out_of_the_other(command(Action::write_mapped, p)); }},
      {"read: done", read_back(0)},
      {"truncate: done", alone(Action::truncate)},
      {"fsync: done", alone(Action::fsync)},
      {"fdatasync: done", alone(Action::fdatasync)},
      {"syncfs: done", alone(Action::syncfs)},
      {"reopen: done", alone(Action::reopen)},
      {"seek SEEK_SET: done", sought(SEEK_SET)},
      {"seek SEEK_CUR: done", sought(SEEK_CUR)},
      {"seek SEEK_END: done", sought(SEEK_END)},
      {"seek SEEK_DATA: done", sought(SEEK_DATA)},
      {"seek SEEK_HOLE: done", sought(SEEK_HOLE)},
      {"fallocate mode 0: done", allocated(0), &P::allocates},
      {"fallocate KEEP_SIZE: done", allocated(kKeep), &P::allocates},
      {"fallocate PUNCH_HOLE|KEEP_SIZE: done", allocated(FALLOC_FL_PUNCH_HOLE | kKeep),
       &P::allocates},
      {"fallocate ZERO_RANGE: done", allocated(FALLOC_FL_ZERO_RANGE), &P::zeroes_ranges},
      {"fallocate ZERO_RANGE|KEEP_SIZE: done", allocated(FALLOC_FL_ZERO_RANGE | kKeep),
       &P::zeroes_ranges},
      {"fallocate COLLAPSE_RANGE: done", allocated(FALLOC_FL_COLLAPSE_RANGE), &P::moves_ranges},
      {"fallocate INSERT_RANGE: done", allocated(FALLOC_FL_INSERT_RANGE), &P::moves_ranges},
      {"fallocate UNSHARE_RANGE: done", allocated(FALLOC_FL_UNSHARE_RANGE), &P::unshares},
      {kUnshared, unshared, &P::unshares, &P::interleaves},
      {"clone: done", [](Place p) { return out_of_the_other(command(Action::clone, p)); },
       &P::clones},
      {kStaleMapping, meanwhile(Action::fsync, YieldPoint::mapped), nullptr, &P::interleaves,
       unthrottled},
      {actor_class(Action::fsync, YieldPoint::mapped), meanwhile(Action::fsync, YieldPoint::mapped),
       nullptr, &P::interleaves},
      {actor_class(Action::fsync, YieldPoint::folio_wanted),
       meanwhile(Action::fsync, YieldPoint::folio_wanted), nullptr, &P::interleaves},
      {actor_class(Action::drop_cache, YieldPoint::mapped),
       meanwhile(Action::drop_cache, YieldPoint::mapped), nullptr, &P::interleaves},
      {actor_class(Action::drop_cache, YieldPoint::folio_wanted),
       meanwhile(Action::drop_cache, YieldPoint::folio_wanted), nullptr, &P::interleaves},
      {kKeptForAStore, short_of_a_stored_page, nullptr, &P::interleaves, unthrottled},
      {"read NOWAIT: done", read_back(ref::kNowait), &P::nowait_reads},
      {kReadInPart, of_a_page_in_part, &P::nowait_reads, &P::shows_locks, small_blocks_unread},
      {"write NOWAIT: done", over_cached_bytes(0), &P::nowait_writes, nullptr, unthrottled},
      {"write NOWAIT: EAGAIN", written(ref::kNowait), &P::nowait_writes},
      {"iolock held: EAGAIN", held(HeldLock::iolock), &P::nowait_writes, &P::shows_locks,
       unthrottled},
      {"ilock held: EAGAIN", held(HeldLock::ilock), &P::nowait_writes, &P::shows_locks,
       unthrottled},
      {"folio held: EAGAIN", held(HeldLock::folio), &P::nowait_writes, &P::shows_locks,
       unthrottled},
      {"write NOWAIT later: EAGAIN", later, &P::nowait_writes, &P::shows_locks, unthrottled},
      {"made durable: fsync", synced(Action::fsync), &P::shows_medium},
      {"made durable: fdatasync", synced(Action::fdatasync), &P::shows_medium},
      {"made durable: syncfs", synced(Action::syncfs), &P::shows_medium},
      {"made durable: the other file, by syncfs", synced_with_the_other, &P::shows_medium},
      {"made durable: by a flush alone", flushed, &P::shows_medium},
      {"made durable: write DSYNC", written(ref::kDsync), &P::shows_medium},
      {"made durable: write SYNC", written(ref::kSync), &P::shows_medium},
      {"made durable: write DSYNC|APPEND", written(ref::kDsync | ref::kAppend), &P::shows_medium},
      {"made durable: write DSYNC|NOWAIT", over_cached_bytes(ref::kDsync), &P::shows_medium,
       &P::nowait_writes, unthrottled},
      {"made durable: write by O_DSYNC", written_by_the_synchronous, &P::shows_medium, nullptr,
       synchronous(1)},
      {"made durable: write by O_SYNC", written_by_the_synchronous, &P::shows_medium, nullptr,
       synchronous(2)},
      {"throttled: a writer slept", after_dirty_pages, &P::shows_medium, &P::shows_locks,
       [](Setting& s) { s.throttle = 20; }}};
  return kAll;
}

/// The same under quotas, where both sides are ref's models of XFS.
const std::vector<Wanted>& all_wanted_under_quotas() {
  static const std::vector<Wanted> kAll{
      {"write: done", written(0), nullptr, nullptr, limited({1000, 0, 0})},
      {"write: EDQUOT", written(0), nullptr, nullptr, limited({1, 0, 0})},
      {"quota of user: EDQUOT", written(0), nullptr, nullptr, limited({1, 0, 0})},
      {"quota of group: EDQUOT", written(0), nullptr, nullptr, limited({0, 1, 0})},
      {"quota of project: EDQUOT", written(0), nullptr, nullptr, limited({0, 0, 1})},
      {"quota of several: EDQUOT", written(0), nullptr, nullptr, limited({1, 1, 0})},
      {"quota of user: done once space was freed", up_to_the_limit, nullptr, nullptr,
       limited({kQuota, 0, 0})},
      {"quota of group: done once space was freed", up_to_the_limit, nullptr, nullptr,
       limited({0, kQuota, 0})},
      {"quota of project: done once space was freed", up_to_the_limit, nullptr, nullptr,
       limited({0, 0, kQuota})}};
  return kAll;
}

std::vector<Wanted> all_ways() {
  std::vector<Wanted> all = all_wanted();
  for (const std::vector<Wanted>& more :
       {all_wanted_under_quotas(), all_wanted_of_faults(), all_wanted_of_corners()})
    all.insert(all.end(), more.begin(), more.end());
  return all;
}

}  // namespace

std::vector<std::string> must_see(const PeerAllowance& peer, const PeerAllowance& ours) {
  std::vector<std::string> names;
  std::vector<Wanted> all = all_wanted();
  for (const std::vector<Wanted>& more : {all_wanted_of_faults(), all_wanted_of_corners()})
    all.insert(all.end(), more.begin(), more.end());
  for (const Wanted& wanted : all) {
    const auto have = [&](bool PeerAllowance::*call) {
      return call == nullptr || (peer.*call && ours.*call);
    };
    const bool peer_has = wanted.needs_of_the_peer == nullptr || peer.*wanted.needs_of_the_peer;
    if (have(wanted.needs) && peer_has) names.push_back(wanted.name);
  }
  return names;
}

std::vector<std::string> must_see_under_quotas() {
  std::vector<std::string> names;
  for (const Wanted& wanted : all_wanted_under_quotas()) names.push_back(wanted.name);
  return names;
}

std::vector<std::string> never_seen(
    const std::vector<std::string>& classes, const AnswerCounts& met) {
  std::vector<std::string> missing = classes;
  std::erase_if(missing, [&](const std::string& name) { return met.contains(name); });
  return missing;
}

rc::Gen<Case> case_that_meets(const std::string& name, const rc::Gen<Case>& any) {
  const std::vector<Wanted> ways = all_ways();
  const auto wanted = std::ranges::find(ways, name, [](const Wanted& w) { return w.name; });
  return with_fewer_commands(gen::apply(
      [way = wanted->way, prepare = wanted->prepare](Case drawn, Number file, std::int64_t page) {
        if (prepare) prepare(drawn.setting);
        const Commands start = way({file, page * kPeerBlock});
        drawn.commands.insert(drawn.commands.begin(), start.begin(), start.end());
        return with_faults_alone(std::move(drawn));
      },
      any, gen::inRange<Number>(0, 2), gen::inRange<std::int64_t>(1, 5)));
}

}  // namespace quire::props
