#include "props/peers/must_see.h"

#include "props/differential/pieces.h"
#include "ref/vfs/rw_flags.h"
#include "spec/geometry.h"

#include <fcntl.h>
#include <rapidcheck.h>
#include <unistd.h>

#include <algorithm>
#include <functional>

namespace quire::props {
namespace {

using Number = std::uint64_t;
using Commands = std::vector<Command>;
namespace gen = rc::gen;

/// The place of the commands that lead to a class: a file, and a byte of it that begins a block and
/// is not the first.
struct Place {
  Number file;
  std::int64_t at;
};

/// A class, the commands that lead to it, and whether a side can reach it.
struct Wanted {
  const char* name;
  std::function<Commands(Place)> way;
  bool PeerAllowance::*needs = nullptr;
};

constexpr Number kSome = 16 * spec::kPageSize;
constexpr std::int64_t kBlock = spec::kPageSize;  // of every peer

Command command(Action action, Place place, int flags = 0, Number length = 0) {
  Command c;
  c.action = action;
  c.file = place.file;
  c.at = place.at;
  c.flags = flags;
  c.length = length;
  return c;
}

Command write(Place place, int flags = 0, Number bytes = kSome) {
  Command c = command(Action::write, place, flags);
  c.memory = {{BufferKind::plain, bytes, 0, 0}};
  return c;
}

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
        write(p), command(Action::fallocate, {p.file, p.at + kBlock}, mode, spec::kPageSize)};
  };
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
Commands over_cached_bytes(Place p) {
  Commands commands(2, write(p));
  commands.resize(6, write(p, ref::kNowait));
  return commands;
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
      {"clone: done", [](Place p) { return out_of_the_other(command(Action::clone, p)); },
       &P::clones},
      {"read NOWAIT: done", read_back(ref::kNowait), &P::nowait_reads},
      {"write NOWAIT: done", over_cached_bytes, &P::nowait_writes},
      {"write NOWAIT: EAGAIN", written(ref::kNowait), &P::nowait_writes}};
  return kAll;
}

}  // namespace

std::vector<std::string> must_see(const PeerAllowance& peer, const PeerAllowance& ours) {
  std::vector<std::string> names;
  for (const Wanted& wanted : all_wanted()) {
    if (wanted.needs == nullptr || (peer.*wanted.needs && ours.*wanted.needs))
      names.push_back(wanted.name);
  }
  return names;
}

std::vector<std::string> never_seen(
    const std::vector<std::string>& classes, const AnswerCounts& met) {
  std::vector<std::string> missing = classes;
  std::erase_if(missing, [&](const std::string& name) { return met.contains(name); });
  return missing;
}

rc::Gen<Case> case_that_meets(const std::string& name, const rc::Gen<Case>& any) {
  const auto wanted =
      std::ranges::find(all_wanted(), name, [](const Wanted& w) { return std::string(w.name); });
  return with_fewer_commands(gen::apply(
      [way = wanted->way](Case drawn, Number file, std::int64_t page) {
        const Commands start = way({file, page * kBlock});
        drawn.commands.insert(drawn.commands.begin(), start.begin(), start.end());
        return drawn;
      },
      any, gen::inRange<Number>(0, 2), gen::inRange<std::int64_t>(1, 5)));
}

}  // namespace quire::props
