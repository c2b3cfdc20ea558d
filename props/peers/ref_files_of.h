// The common part of ref's files, of each of its write paths.
#pragma once

#include "props/audit/ref_audit.h"
#include "props/memory/pattern.h"
#include "props/peers/files.h"
#include "props/peers/like_mapping.h"
#include "props/peers/ref_files_factory.h"
#include "props/peers/slept_clock.h"
#include "props/subject/closed_file.h"
#include "ref/cache/folio.h"
#include "ref/user_memory/user_memory.h"
#include "ref/vfs/caller.h"
#include "spec/geometry.h"
#include "spec/recorder.h"
#include "spec/word.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace quire::props {

/// Volume, File: ref's, ref::xfs's or ref::f2fs's. The derived class adds their differences: how a
/// file is opened, and the calls of a volume besides reading and writing.
template <class Volume, class File>
class RefFilesOf : public Files {
 public:
  /// The part of a volume that outlives it.
  struct Below {
    Ground& ground;
    spec::Recorder& recorder;           ///< gets what the audits find
    std::uint64_t sync;                 ///< Setting::sync
    std::unique_ptr<SleptClock> clock;  ///< of its throttle
    /// The volume's own recorder, if it is not that one.
    std::unique_ptr<spec::Recorder> front = nullptr;
  };

  RefFilesOf(std::string name, Below below, std::unique_ptr<Volume> volume)
      : name_(std::move(name)), below_(std::move(below)), volume_(std::move(volume)) {}

  const std::string& name() const override { return name_; }
  std::int64_t write(Handle h, std::span<const iovec> iov, std::int64_t at, int flags) override {
    return file(h).pwritev2(iov.data(), static_cast<int>(iov.size()), at, flags);
  }
  std::int64_t read(Handle h, std::span<const iovec> iov, std::int64_t at, int flags) override {
    // By the observer the checker reads into its own memory, all of which is there.
    const ref::KnownMemory known(h.number == Handle::kObserver);
    return file(h).preadv2(iov.data(), static_cast<int>(iov.size()), at, flags);
  }
  std::int64_t write_mapped(Handle h, Source source, std::int64_t at, int flags) override {
    const LikeMapping memory(observed(source.file), source);
    return file(h).pwritev2(&memory.segment(), 1, at, flags);
  }
  int fsync(Handle h) override { return file(h).fsync(); }
  int fdatasync(Handle h) override { return file(h).fdatasync(); }
  int syncfs(Handle h) override { return volume_->syncfs(file(h)); }
  int truncate(Handle h, std::int64_t length) override { return file(h).ftruncate(length); }
  std::int64_t seek(Handle h, std::int64_t offset, int whence) override {
    return file(h).lseek(offset, whence);
  }
  std::int64_t size(std::uint64_t number) override { return observed(number).size(); }
  bool store_mapped(std::uint64_t number) override {
    const auto end = static_cast<std::uint64_t>(size(number));
    if (end % spec::kPageSize == 0) return false;
    ref::Folio* const folio = folio_to_store(number, end - 1);
    if (folio == nullptr) return false;
    fill_pattern(folio->bytes(end, spec::round_up(end, spec::kPageSize)), number + 1, 0);
    stored_.insert(number);
    return true;
  }
  void write_back(std::uint64_t number) override { observed(number).write_back(); }
  void drop_cache(std::uint64_t number) override { observed(number).drop_cache(); }

  std::optional<std::uint64_t> durable_size(std::uint64_t number) override {
    return static_cast<std::uint64_t>(observed(number).size());
  }
  void read_durable(std::uint64_t number, std::uint64_t pos, std::span<std::byte> to) override {
    const std::uint64_t bytes = durable_block_size();
    const std::uint64_t end = std::min(pos + to.size(), *durable_size(number));
    std::ranges::fill(to, std::byte{0});
    std::vector<std::byte> block(bytes);
    for (std::uint64_t at = pos; at < end;) {
      const std::uint64_t n = std::min(bytes - at % bytes, end - at);
      read_durable_block(number, at / bytes, block);
      std::copy_n(
          block.begin() + static_cast<std::ptrdiff_t>(at % bytes), n,
          to.begin() + static_cast<std::ptrdiff_t>(at - pos));
      at += n;
    }
  }
  DeviceCounts device_counts() override { return below_.ground.medium.counts(); }
  std::uint64_t slept() override { return below_.clock->slept(); }
  void pass_time(std::uint64_t ticks) override { caller().now += ticks; }
  FaultInjector* faults() override { return &below_.ground.faults; }
  int reopen(Handle h) override {
    const int closed = file(h).close();
    if (answer_of_closed(file(h)) != -EBADF) return -EBADFD;
    files_.erase({h.file, h.number});
    file(h);
    return closed;
  }
  void set_limit(std::optional<std::uint64_t> bytes) override { caller().fsize_limit = bytes; }
  bool take_signal() override { return std::exchange(caller().fsize_signals, 0) != 0; }

 protected:
  /// A new handle on file `number`. flags: O_APPEND, O_DSYNC, O_SYNC.
  virtual File open(std::uint64_t number, int flags) = 0;
  /// The folio of the page at byte `pos`, ready for stores through a mapping. Null if it cannot be
  /// had, or files have no mappings.
  virtual ref::Folio* folio_to_store(std::uint64_t /*number*/, std::uint64_t /*pos*/) {
    return nullptr;
  }
  /// Bytes of a block of the file system.
  virtual std::uint64_t durable_block_size() = 0;
  /// Block `block` of the file on the medium, where that has it; zeroes of a hole.
  virtual void read_durable_block(
      std::uint64_t number, std::uint64_t block, std::span<std::byte> to) = 0;
  /// The process that all handles work for.
  virtual ref::vfs::Caller& caller() = 0;

  File& file(Handle h) {
    const auto known = files_.find({h.file, h.number});
    if (known != files_.end()) return known->second;
    int flags = h.number == 1 || h.number == 2 ? O_APPEND : 0;
    if (h.number == Handle::kSync && below_.sync != 0) flags |= below_.sync == 1 ? O_DSYNC : O_SYNC;
    return files_.emplace(std::pair{h.file, h.number}, open(h.file, flags)).first->second;
  }
  File& observed(std::uint64_t number) { return file({number, Handle::kObserver}); }
  Volume& volume() { return *volume_; }
  std::uint64_t memory_bytes() const { return below_.ground.memory.in_use(); }
  spec::Recorder& recorder() const { return below_.recorder; }
  /// Files that were stored to behind their end.
  const std::set<std::uint64_t>& stored() const { return stored_; }

  /// The error cursors of all handles. file_errors(number): the word of a file.
  template <class FileErrors>
  void audit_cursors(std::uint64_t volume_errors, FileErrors file_errors) const {
    for (const auto& [key, file] : files_) {
      audit_cursor(file_errors(key.first), file.errors_seen(), below_.recorder);
      audit_cursor(volume_errors, file.volume_errors_seen(), below_.recorder);
    }
  }

  /// A block of the device as the medium has it, or zeroes of a hole.
  void read_medium(std::optional<std::uint64_t> device_block, std::span<std::byte> to) {
    if (device_block) {
      below_.ground.medium.read_medium(*device_block * to.size(), to);
    } else {
      std::ranges::fill(to, std::byte{0});
    }
  }

 private:
  std::string name_;
  Below below_;
  std::unique_ptr<Volume> volume_;
  std::map<std::pair<std::uint64_t, std::uint64_t>, File> files_;
  std::set<std::uint64_t> stored_;
};

}  // namespace quire::props
