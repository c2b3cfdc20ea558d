// A buffered write to a file of XFS: the hooks of the outer path.
#include "ref/linux/xfs/file_write.h"

#include "ref/linux/iomap/buffered_write.h"
#include "ref/linux/iomap/writeback.h"
#include "ref/linux/iomap/zero_range.h"
#include "ref/linux/xfs/block_gc.h"
#include "ref/linux/xfs/buffered_write_ops.h"
#include "ref/linux/xfs/outer_loop.h"
#include "ref/linux/xfs/writeback_ops.h"
#include "ref/noted_lock.h"
#include "ref/vfs/sync.h"
#include "ref/vfs/write_checks.h"
#include "spec/linux/xfs/outer_tapped.h"

#include <cerrno>

namespace quire::ref::xfs {
namespace {

using Number = std::uint64_t;

/// A word for 0 or a negative errno.
Number word(std::int64_t answer) { return static_cast<Number>(answer); }

class FileHooks {
 public:
  FileHooks(Node& node, IovIter& iter, const WriteRequest& request, vfs::Caller& caller)
      : node_(node), inode_(node.inode), iter_(iter), request_(request), caller_(caller) {}

  Number left() const { return iter_.left(); }
  Number size() const { return inode_.size; }
  void reexpand(Number total) { iter_.reexpand(total); }

  Number lock(Number, Number nowait) {
    if (nowait == 0) {
      note_lock<spec::Iolock>(inode_.recorder, inode_.number);
      return 0;
    }
    if (caller_.iolock_contended) return spec::error(EAGAIN);
    note_trylock<spec::Iolock>(inode_.recorder, inode_.number);
    return 0;
  }
  void unlock(Number) { note_unlock<spec::Iolock>(inode_.recorder, inode_.number); }

  Number check(Number& pos) {
    spec::WriteChecks<Number> checks{};
    checks.swapfile = node_.is_swapfile;
    checks.append = request_.append;
    checks.nowait = request_.nowait;
    checks.nowait_support = 1;
    checks.size = inode_.size;
    checks.iolock = inode_.mount.recorder.holds<spec::Iolock>();
    checks.limits = vfs::limits_of(caller_, kSizeMax);
    checks.pos = pos;
    const int error = vfs::check_write(checks, iter_, caller_, inode_.recorder);
    pos = checks.pos_after;
    checked_ = iter_.left();
    return word(error);
  }

  bool layout_is_leased() { return node_.layout_is_leased; }
  Number break_layout() {
    node_.layout_is_leased = false;
    return 0;
  }
  bool drops_privileges() { return vfs::must_drop_privileges(node_.attributes, caller_); }
  void drain() {}  // there is no direct I/O here

  void lock_invalidate() { note_lock<spec::InvalidateLock>(inode_.recorder, inode_.number); }
  void unlock_invalidate() { note_unlock<spec::InvalidateLock>(inode_.recorder, inode_.number); }
  Number zero(Number from, Number to) {
    BufferedWriteOps ops(inode_);
    WritebackOps writeback(inode_);
    return word(iomap::zero_range(inode_, ops, writeback, from, to - from, nullptr));
  }

  Number modify(Number nowait) {
    return word(vfs::file_modified(
        node_.attributes, caller_, nowait != 0, checked_ - iter_.left(), inode_.recorder));
  }

  Number write(Number pos, Number nowait) {
    BufferedWriteOps ops(inode_);
    iomap::Request request;
    request.write = true;
    request.nowait = nowait != 0;
    return word(iomap::file_buffered_write(inode_, ops, iter_, pos, request));
  }

  void flush() {
    ++node_.statistics.flushes;
    flush_all(inode_.mount);
  }
  void quota_gc() {
    ++node_.statistics.scans;
    collect_quota(inode_);
  }
  void space_gc() {
    ++node_.statistics.scans;
    collect_blocks(inode_.mount, {});
  }
  void account(Number bytes) { node_.statistics.write_bytes += bytes; }

 private:
  Node& node_;
  Inode& inode_;
  IovIter& iter_;
  const WriteRequest& request_;
  vfs::Caller& caller_;
  Number checked_ = 0;  ///< bytes that the checks let through
};

Number promised(const Mount& mount) {
  return mount.space.blocks() - mount.space.free() - mount.space.allocated();
}

/// Delayed blocks of the CoW fork, with their index.
Number delayed_in_cow_fork(const Inode& inode) {
  Number blocks = 0;
  for (const auto& [start, extent] : inode.cow.extents()) {
    if (extent.is_delayed()) blocks += extent.count + extent.index_blocks;
  }
  return blocks;
}

/// The write up to the sync, and its record. Returns the state at its end.
spec::OuterState<Number> write(
    Node& node, IovIter& iter, const WriteRequest& request, vfs::Caller& caller) {
  Mount& mount = node.inode.mount;
  FileHooks hooks(node, iter, request, caller);
  const Number total = iter.left();
  spec::OuterState<Number> state{request.nowait, total, request.pos, 0, 0, 0, 0};
  spec::OuterTapped<Number, FileHooks, spec::Recorder> tapped(
      hooks, mount.recorder, total, request.nowait, request.pos);

  const Number reserved_before = promised(mount);
  const Number counted_before = node.statistics.write_bytes;
  const Number delayed_before = delayed_in_cow_fork(node.inode);
  buffered_write_rounds<Number>(state, tapped);
  auto call = tapped.call(state.status);
  call.before.reserved = reserved_before;
  call.before.counted = counted_before;
  call.after.reserved = promised(mount);
  call.after.counted = node.statistics.write_bytes;
  // A begin may have widened its reservation: block gc frees what is not used of it.
  if (node.inode.has_surplus_cow) {
    call.before.ahead = delayed_before;
    call.after.ahead = delayed_in_cow_fork(node.inode);
  }
  mount.recorder.step(call);
  return state;
}

}  // namespace

std::int64_t buffered_write(
    Node& node, IovIter& iter, WriteRequest& request, vfs::Caller& caller, const Fsync& fsync) {
  const spec::OuterState<Number> state = write(node, iter, request, caller);
  if (!spec::is_error(state.status)) request.pos = state.pos + state.status;

  Mount& mount = node.inode.mount;
  spec::WriteSync<Number> end{};
  end.dsync = request.dsync || request.sync || node.is_sync;
  end.full = request.sync;
  end.iolock = mount.recorder.holds<spec::Iolock>();
  end.written = state.status;
  end.pos_after = request.pos;
  vfs::generic_write_sync(
      end, [&](Number from, Number last, Number) { return word(fsync(from, last)); });
  mount.recorder.step(end);
  return static_cast<std::int64_t>(end.result);
}

void flush_all(Mount& mount) {
  for (const auto& [number, inode] : mount.files) {
    WritebackOps ops(*inode);
    iomap::writepages(*inode, ops, 0, inode->size);
  }
}

}  // namespace quire::ref::xfs
