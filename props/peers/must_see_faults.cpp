// The classes of faults that a long run has to meet.
#include "props/peers/case_run.h"
#include "props/peers/must_see.h"
#include "props/peers/wanted.h"
#include "ref/vfs/rw_flags.h"

#include <cerrno>
#include <utility>

namespace quire::props {
namespace {

using Number = std::uint64_t;
using Commands = std::vector<Command>;

Command failing(Command c, FaultKind kind, FaultReach reach = FaultReach::all) {
  c.fault = Fault{kind, 0, reach, kind == FaultKind::memory ? ENOMEM : EIO};
  return c;
}
Command part_of_a_page(Action action, Place place) {
  Command c = write({place.file, place.at + 1}, 0, 100);
  c.action = action;
  if (action != Action::truncate) return c;
  c = command(action, place, 0, static_cast<Number>(place.at) + 100);
  return c;
}
/// The command is struck, and then is not. What it needs is dirty, or on the device and not cached.
Commands struck_and_not(Commands before, const Command& c, FaultKind kind) {
  before.push_back(failing(c, kind));
  before.push_back(c);
  return before;
}
Commands on_the_device(Place p) {
  return {write(p), command(Action::fsync, p), command(Action::drop_cache, p)};
}
auto unread(Action action, FaultKind kind = FaultKind::read) {
  return [=](Place p) { return struck_and_not(on_the_device(p), part_of_a_page(action, p), kind); };
}
auto unwritten(Action action, FaultKind kind = FaultKind::write) {
  return [=](Place p) { return struck_and_not({write(p)}, command(action, p), kind); };
}
/// The size on the device is behind, and XFS writes back what lies between.
Commands unwritten_tail(Place p) {
  return struck_and_not({write(p)}, part_of_a_page(Action::truncate, p), FaultKind::write);
}
Commands unwritten_by_the_writer(Place p) {
  return struck_and_not({}, write(p, ref::kDsync), FaultKind::write);
}
/// The end of the file lies in a block that is not cached.
Commands unread_gap(Place p) {
  return {
      write({p.file, 0}, 0, static_cast<Number>(p.at) + 1), command(Action::fsync, p),
      command(Action::drop_cache, p), failing(write({p.file, p.at + kPeerBlock}), FaultKind::read)};
}
/// The device says for a moment that it is full: XFS makes room, and tries again.
Commands full_for_a_moment(Place p) {
  Commands commands = on_the_device(p);
  commands.push_back(
      failing(part_of_a_page(Action::write, p), FaultKind::read, FaultReach::once));
  commands.back().fault->error = ENOSPC;
  return commands;
}
Commands partly_arrived(Place p) {
  return {
      write(p), write({p.file, p.at + 4 * static_cast<std::int64_t>(kSome)}),
      failing(command(Action::fsync, p), FaultKind::write, FaultReach::once)};
}
/// Bytes that are lost over others, which are on the device.
Commands lost_and_dropped(Place p) {
  Commands commands = on_the_device(p);
  commands.push_back(write(p));
  commands.push_back(failing(command(Action::fsync, p), FaultKind::write));
  commands.push_back(command(Action::drop_cache, p));
  return commands;
}
auto owed_to(Action action) {
  return [=](Place p) {
    Command other = command(action, p);
    other.handle = 1;
    return Commands{write(p), failing(command(Action::write_back, p), FaultKind::write), other};
  };
}

}  // namespace

const std::vector<Wanted>& all_wanted_of_faults() {
  using P = PeerAllowance;
  static const std::vector<Wanted> kAll{
      {strike_class(Action::read, FaultKind::read), unread(Action::read), nullptr, &P::fails},
      {strike_class(Action::read, FaultKind::memory), unread(Action::read, FaultKind::memory),
       nullptr, &P::fails},
      {strike_class(Action::write, FaultKind::read), unread(Action::write), nullptr, &P::fails},
      {strike_class(Action::write, FaultKind::memory), unread(Action::write, FaultKind::memory),
       nullptr, &P::fails},
      {strike_class(Action::truncate, FaultKind::read), unread(Action::truncate), nullptr,
       &P::fails},
      {strike_class(Action::truncate, FaultKind::memory),
       unread(Action::truncate, FaultKind::memory), nullptr, &P::fails},
      {strike_class(Action::fsync, FaultKind::write), unwritten(Action::fsync), nullptr, &P::fails},
      {strike_class(Action::fdatasync, FaultKind::write), unwritten(Action::fdatasync), nullptr,
       &P::fails},
      {strike_class(Action::syncfs, FaultKind::write), unwritten(Action::syncfs), nullptr,
       &P::fails},
      {strike_class(Action::write_back, FaultKind::write), unwritten(Action::write_back), nullptr,
       &P::fails},
      {strike_class(Action::fsync, FaultKind::flush), unwritten(Action::fsync, FaultKind::flush),
       nullptr, &P::fails},
      {recovery_class(Action::read, FaultKind::read), unread(Action::read), nullptr, &P::fails},
      {recovery_class(Action::read, FaultKind::memory), unread(Action::read, FaultKind::memory),
       nullptr, &P::fails},
      {recovery_class(Action::write, FaultKind::read), unread(Action::write), nullptr, &P::fails},
      {recovery_class(Action::write, FaultKind::memory), unread(Action::write, FaultKind::memory),
       nullptr, &P::fails},
      {recovery_class(Action::fsync, FaultKind::write), unwritten(Action::fsync), nullptr,
       &P::fails},
      {recovery_class(Action::fsync, FaultKind::flush), unwritten(Action::fsync, FaultKind::flush),
       nullptr, &P::fails},
      {strike_class(Action::write, FaultKind::write), unwritten_by_the_writer, nullptr, &P::fails},
      {strike_class(Action::truncate, FaultKind::write), unwritten_tail, nullptr, &P::reads_gaps},
      {kPartlyArrived, partly_arrived, nullptr, &P::fails},
      {kShowsOlder, lost_and_dropped, nullptr, &P::fails},
      {kOwedByFsync, owed_to(Action::fsync), nullptr, &P::fails},
      {kOwedBySyncfs, owed_to(Action::syncfs), nullptr, &P::fails},
      {kGapUnread, unread_gap, nullptr, &P::reads_gaps},
      {kRetriedForSpace, full_for_a_moment, nullptr, &P::reads_gaps}};
  return kAll;
}

}  // namespace quire::props
