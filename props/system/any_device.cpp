#include "props/system/any_device.h"

#include "impl/device/open_file.h"
#include "impl/device/plain_device.h"
#include "ref/device/file_device.h"

#include <sys/uio.h>

#include <cerrno>
#include <cstddef>
#include <tuple>
#include <utility>

namespace quire::props {
namespace {

class ImplRuns final : public AnyDevice {
 public:
  explicit ImplRuns(std::unique_ptr<BlockDevice> device) : device_(std::move(device)) {}
  std::uint64_t size() const override { return device_->size(); }
  std::uint64_t sector_size() const override { return device_->sector_size(); }
  int read(std::span<const DeviceRun> runs) override { return device_->read(runs); }
  void write(std::span<const DeviceRun> runs, std::span<int> results) override {
    device_->write(runs, results);
  }
  int flush() override { return device_->flush(); }

 private:
  std::unique_ptr<BlockDevice> device_;
};

/// ref's device, which knows ranges and no runs: each segment is a call. Of a run that leaves the
/// device the segment that does, and no other.
class RefRuns final : public AnyDevice {
 public:
  explicit RefRuns(std::unique_ptr<ref::FileDevice> device) : device_(std::move(device)) {}
  std::uint64_t size() const override { return device_->size(); }
  std::uint64_t sector_size() const override { return device_->sector_size(); }
  int read(std::span<const DeviceRun> runs) override {
    for (const DeviceRun& run : runs) {
      if (const int error = bad(run, true); error != 0) return error;
    }
    for (const DeviceRun& run : runs) {
      if (const int error = move(run, true); error != 0) return error;
    }
    return 0;
  }
  void write(std::span<const DeviceRun> runs, std::span<int> results) override {
    for (std::size_t i = 0; i < runs.size(); ++i) {
      results[i] = bad(runs[i], false);
      if (results[i] == 0) results[i] = move(runs[i], false);
    }
  }
  int flush() override { return device_->flush(); }

 private:
  int segment(std::uint64_t pos, const iovec& s, bool is_read) {
    const std::span memory(static_cast<std::byte*>(s.iov_base), s.iov_len);
    return is_read ? device_->read(pos, memory) : device_->write(pos, memory);
  }
  int bad(const DeviceRun& run, bool is_read) {
    std::uint64_t pos = run.device_pos;
    if (run.segments.empty() && pos > size()) return -EINVAL;
    bool odd = pos % sector_size() != 0;
    for (const iovec& s : run.segments) {
      if (pos > size() || s.iov_len > size() - pos) return segment(pos, s, is_read);
      odd = odd || s.iov_len == 0 || s.iov_len % sector_size() != 0 ||
            reinterpret_cast<std::uintptr_t>(s.iov_base) % sector_size() != 0;
      pos += s.iov_len;
    }
    return odd ? -EINVAL : 0;  // which ref does not ask
  }
  int move(const DeviceRun& run, bool is_read) {
    std::uint64_t pos = run.device_pos;
    for (const iovec& s : run.segments) {
      if (const int error = segment(pos, s, is_read); error != 0) return error;
      pos += s.iov_len;
    }
    return 0;
  }

  std::unique_ptr<ref::FileDevice> device_;
};

}  // namespace

OpenedDevice open_any(DeviceSubject subject, const std::string& path) {
  OpenedDevice to;
  if (subject == DeviceSubject::ref) {
    auto device = ref::FileDevice::make(path);
    if (device)
      to.device = std::make_unique<RefRuns>(std::move(*device));
    else
      to.text = device.error();
    to.name = path;
    return to;
  }
  std::unique_ptr<BlockDevice> device;
  if (subject == DeviceSubject::best) {
    auto opened = open_block_device(path);
    if (opened)
      device = std::move(*opened);
    else
      std::tie(to.code, to.text) = std::pair(opened.error().code, opened.error().what);
  } else {
    auto file = impl::open_exclusively(path);
    if (file)
      device = std::make_unique<impl::PlainDevice>(std::move(*file));
    else
      std::tie(to.code, to.text) = std::pair(file.error().code, file.error().what);
  }
  if (device != nullptr) {
    to.name = device->name();
    to.device = std::make_unique<ImplRuns>(std::move(device));
  }
  return to;
}

}  // namespace quire::props
