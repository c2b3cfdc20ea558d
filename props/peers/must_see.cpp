#include "props/peers/must_see.h"

#include <algorithm>
#include <iterator>

namespace quire::props {

std::vector<std::string> must_see(const spec::PeerAllowance& peer) {
  std::vector<std::string> all{
      "write: done",
      "write: EFAULT",
      "write: EFBIG",
      "write: ENOSPC",
      "write APPEND: done",
      "write DSYNC: done",
      "write SYNC: done",
      "write_mapped: done",
      "read: done",
      "truncate: done",
      "fsync: done",
      "fdatasync: done",
      "syncfs: done",
      "reopen: done",
      "seek SEEK_SET: done",
      "seek SEEK_CUR: done",
      "seek SEEK_END: done",
      "seek SEEK_DATA: done",
      "seek SEEK_HOLE: done",
      "fallocate mode 0: done",
      "fallocate KEEP_SIZE: done",
      "fallocate PUNCH_HOLE|KEEP_SIZE: done"};
  const auto where = [&](bool has, std::vector<std::string> classes) {
    if (has) std::ranges::move(classes, std::back_inserter(all));
  };
  where(peer.zeroes_ranges, {"fallocate ZERO_RANGE: done", "fallocate ZERO_RANGE|KEEP_SIZE: done"});
  where(peer.moves_ranges, {"fallocate COLLAPSE_RANGE: done", "fallocate INSERT_RANGE: done"});
  where(peer.unshares, {"fallocate UNSHARE_RANGE: done"});
  where(peer.clones, {"clone: done"});
  where(peer.nowait_reads, {"read NOWAIT: done"});
  where(peer.nowait_writes, {"write NOWAIT: done", "write NOWAIT: EAGAIN"});
  return all;
}

std::vector<std::string> never_seen(const spec::PeerAllowance& peer, const AnswerCounts& met) {
  std::vector<std::string> missing = must_see(peer);
  std::erase_if(missing, [&](const std::string& name) { return met.contains(name); });
  return missing;
}

}  // namespace quire::props
