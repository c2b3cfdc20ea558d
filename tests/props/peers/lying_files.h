// Files of ref's that lie about one thing.
#pragma once

#include "props/peers/files.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace quire::props {

/// Answers as the files it was made of do; a test derives from it and overrides one call.
class HonestFiles : public Files {
 public:
  HonestFiles(std::unique_ptr<Files> truth, std::string name)
      : truth_(std::move(truth)), name_(std::move(name)) {}

  const std::string& name() const override { return name_; }
  std::int64_t write(Handle h, std::span<const iovec> iov, std::int64_t at, int flags) override {
    return truth().write(h, iov, at, flags);
  }
  std::int64_t read(Handle h, std::span<const iovec> iov, std::int64_t at, int flags) override {
    return truth().read(h, iov, at, flags);
  }
  std::int64_t write_mapped(Handle h, Source source, std::int64_t at, int flags) override {
    return truth().write_mapped(h, source, at, flags);
  }
  int fsync(Handle h) override { return truth().fsync(h); }
  int fdatasync(Handle h) override { return truth().fdatasync(h); }
  int syncfs(Handle h) override { return truth().syncfs(h); }
  int truncate(Handle h, std::int64_t length) override { return truth().truncate(h, length); }
  int fallocate(Handle h, int mode, std::int64_t at, std::int64_t length) override {
    return truth().fallocate(h, mode, at, length);
  }
  int clone(Handle h, Source source, std::int64_t at) override {
    return truth().clone(h, source, at);
  }
  std::int64_t seek(Handle h, std::int64_t offset, int whence) override {
    return truth().seek(h, offset, whence);
  }
  std::int64_t size(std::uint64_t file) override { return truth().size(file); }
  void write_back(std::uint64_t file) override { truth().write_back(file); }
  std::optional<std::uint64_t> durable_size(std::uint64_t file) override {
    return truth().durable_size(file);
  }
  void read_durable(std::uint64_t file, std::uint64_t pos, std::span<std::byte> to) override {
    truth().read_durable(file, pos, to);
  }
  DeviceCounts device_counts() override { return truth().device_counts(); }
  FaultInjector* faults() override { return truth().faults(); }
  void pass_time(std::uint64_t ticks) override { truth().pass_time(ticks); }
  std::uint64_t slept() override { return truth().slept(); }
  Attributes attributes(std::uint64_t file) override { return truth().attributes(file); }
  std::uint64_t space_scans() override { return truth().space_scans(); }
  std::optional<std::uint64_t> hold(const Command& c, std::uint64_t pos) override {
    return truth().hold(c, pos);
  }
  void let_go(std::uint64_t file) override { truth().let_go(file); }
  void drop_cache(std::uint64_t file) override { truth().drop_cache(file); }
  int reopen(Handle h) override { return truth().reopen(h); }
  void set_limit(std::optional<std::uint64_t> bytes) override { truth().set_limit(bytes); }
  bool take_signal() override { return truth().take_signal(); }
  void fill(std::uint64_t leave) override { truth().fill(leave); }
  void release() override { truth().release(); }
  std::optional<std::string> leak() override { return truth().leak(); }

 protected:
  Files& truth() { return *truth_; }

  /// Makes bytes [pos, pos + n) of the file all `value`, without a call of the case.
  void scribble(std::uint64_t file, std::int64_t pos, std::size_t n, std::byte value) {
    std::vector<std::byte> bytes(n, value);
    const iovec all{bytes.data(), n};
    truth().write({file, Handle::kObserver}, {&all, 1}, pos, 0);
  }

 private:
  std::unique_ptr<Files> truth_;
  std::string name_;
};

/// Makes them.
template <class Lying = HonestFiles>
class LyingFactory final : public FilesFactory {
 public:
  /// name: of the peer whose allowances they get, or "ref".
  explicit LyingFactory(std::string name)
      : truth_(make_ref_files(8 << 20)), name_(std::move(name)) {}

  std::unique_ptr<Files> make(const Setting& setting, spec::Recorder& recorder) override {
    return std::make_unique<Lying>(
        truth_->make(setting, name_ == "ref" ? recorder : silent_), name_);
  }

 private:
  std::unique_ptr<FilesFactory> truth_;
  spec::Recorder silent_;
  std::string name_;
};

}  // namespace quire::props
