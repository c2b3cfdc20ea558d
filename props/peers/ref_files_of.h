// The common part of ref's files, of each of its write paths.
#pragma once

#include "props/peers/files.h"
#include "props/peers/like_mapping.h"
#include "ref/vfs/caller.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

namespace quire::props {

/// Volume, File: ref's, ref::xfs's or ref::f2fs's. The derived class adds their differences: how a
/// file is opened, and the calls of a volume besides reading and writing.
template <class Volume, class File>
class RefFilesOf : public Files {
 public:
  RefFilesOf(std::string name, std::unique_ptr<Volume> volume)
      : name_(std::move(name)), volume_(std::move(volume)) {}

  const std::string& name() const override { return name_; }
  std::int64_t write(Handle h, std::span<const iovec> iov, std::int64_t at, int flags) override {
    return file(h).pwritev2(iov.data(), static_cast<int>(iov.size()), at, flags);
  }
  std::int64_t read(Handle h, std::span<const iovec> iov, std::int64_t at, int flags) override {
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
  void drop_cache(std::uint64_t number) override { observed(number).drop_cache(); }
  int reopen(Handle h) override {
    const int closed = file(h).close();
    files_.erase({h.file, h.number});
    file(h);
    return closed;
  }
  void set_limit(std::optional<std::uint64_t> bytes) override { caller().fsize_limit = bytes; }
  bool take_signal() override { return std::exchange(caller().fsize_signals, 0) != 0; }

 protected:
  /// A new handle on file `number`.
  virtual File open(std::uint64_t number, bool appends) = 0;
  /// The process that all handles work for.
  virtual ref::vfs::Caller& caller() = 0;

  File& file(Handle h) {
    const auto known = files_.find({h.file, h.number});
    if (known != files_.end()) return known->second;
    const bool appends = h.number == 1 || h.number == 2;
    return files_.emplace(std::pair{h.file, h.number}, open(h.file, appends)).first->second;
  }
  File& observed(std::uint64_t number) { return file({number, Handle::kObserver}); }
  Volume& volume() { return *volume_; }

 private:
  std::string name_;
  std::unique_ptr<Volume> volume_;
  std::map<std::pair<std::uint64_t, std::uint64_t>, File> files_;
};

}  // namespace quire::props
