// Flushes of a volume's device, and the files whose data a failed flush may have lost.
#pragma once

#include "impl/device/guarded_device.h"
#include "impl/file/errseq.h"
#include "impl/locks/locks.h"

#include <boost/intrusive/list.hpp>

#include <cstdint>
#include <mutex>

namespace quire::impl {

/// A file's entry in the list of those with data in the cache of the device.
struct UnflushedFile
    : boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
  explicit UnflushedFile(ErrSeq& of_file) : errors(of_file) {}

  ErrSeq& errors;
  std::uint64_t first_write = 0;  ///< flushes begun before the first write that none has confirmed
  std::uint64_t last_write = 0;   ///< and before the last one
};

/// Any thread may call. The lock of the list is a leaf, and never held while the device works.
class Flusher {
 public:
  explicit Flusher(GuardedDevice& device) : device_(device) {}

  /// A write for the file has returned: its data may be in the cache of the device.
  void wrote(UnflushedFile& file);

  /// Flushes the device if its cache may hold data of the file, one flush at a time, so that each
  /// knows which data it confirms. Then returns the last error of the file since `since`, or 0, and
  /// advances `since`.
  ///
  /// A flush that fails is an error of every file with unflushed data: nobody knows how much of it
  /// the device has kept (ES-8). The data counts as unflushed until a flush succeeds.
  int flush(UnflushedFile& file, ErrSeq::Cursor& since) QUIRE_EXCLUDES(flush_lock_);

 private:
  friend struct Innards;

  void flush_device() QUIRE_REQUIRES(flush_lock_);
  bool has_unflushed(const UnflushedFile& file);

  GuardedDevice& device_;
  QUIRE_LOCK(Mutex, FlushLock) flush_lock_;
  std::mutex list_lock_;
  std::uint64_t flushes_begun_ = 0;  // guarded by list_lock_, like the list
  boost::intrusive::list<UnflushedFile, boost::intrusive::constant_time_size<false>> files_;
};

}  // namespace quire::impl
