#include "props/peers/nowait_watch.h"

#include "spec/locks/order.h"

#include <cerrno>
#include <string>

namespace quire::props {
namespace {

std::uint64_t rank_of(HeldLock which) {
  switch (which) {
    case HeldLock::iolock: return spec::rank_of<spec::Iolock>;
    case HeldLock::ilock: return spec::rank_of<spec::BlockMapLock>;
    default: return spec::rank_of<spec::FolioLock>;
  }
}

}  // namespace

NowaitWatch::NowaitWatch(Files& files, Judge& judge, const Command& c, std::uint64_t pos)
    : files_(files),
      judge_(judge),
      file_(c.file),
      reads_(files.device_counts().reads),
      slept_(files.slept()),
      size_(files.size(c.file)),
      attributes_(files.attributes(c.file)) {
  if (c.held == HeldLock::none) return;
  const auto key = files.hold(c, pos);
  if (!key) return;
  held_ = true;
  judge.another_holds(rank_of(c.held), *key);
}

NowaitWatch::~NowaitWatch() {
  if (!held_) return;
  judge_.another_lets_go();
  files_.let_go(file_);
}

Failure NowaitWatch::broken(
    const char* says, const char* source, std::uint64_t wanted, std::uint64_t got) {
  return {says, source, files_.name(), std::to_string(wanted), std::to_string(got)};
}

std::optional<Failure> NowaitWatch::judge_call(std::int64_t answer) {
  if (const auto reads = files_.device_counts().reads; reads != reads_)
    return broken(
        "A call that does not wait reads nothing from the device.", "IOM-6", reads_, reads);
  if (const auto slept = files_.slept(); slept != slept_)
    return broken(
        "A call that does not wait is never put to sleep.", "IOM-6, BDP-2", slept_, slept);
  if (answer != -EAGAIN) return std::nullopt;
  constexpr auto kChanges = "A call that answers EAGAIN has changed nothing.";
  if (const auto size = files_.size(file_); size != size_) {
    return broken(
        kChanges, "IOM-7, O9", static_cast<std::uint64_t>(size_), static_cast<std::uint64_t>(size));
  }
  const Attributes now = files_.attributes(file_);
  if (now.modify_time != attributes_.modify_time)
    return broken(kChanges, "CHK-5, O9", attributes_.modify_time, now.modify_time);
  if (now.version != attributes_.version)
    return broken(kChanges, "CHK-5, O9", attributes_.version, now.version);
  return std::nullopt;
}

}  // namespace quire::props
