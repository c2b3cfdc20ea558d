// The subjects of the properties: ref and impl, behind the same calls.
#pragma once

#include "props/differential/command.h"
#include "spec/recorder.h"

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace quire::props {

/// One volume of one implementation, and open files of a case on it. All calls answer as the
/// system calls do, with a negative errno for an error.
class Subject {
 public:
  virtual ~Subject() = default;

  virtual const std::string& name() const = 0;

  virtual std::int64_t write(std::uint64_t file, std::span<const iovec> iov, std::int64_t at) = 0;
  virtual std::int64_t read(std::uint64_t file, std::span<const iovec> iov, std::int64_t at) = 0;
  virtual int fsync(std::uint64_t file) = 0;
  virtual int truncate(std::uint64_t file, std::int64_t length) = 0;
  virtual void drop_cache(std::uint64_t file) = 0;
  /// Closes the handle and opens the file again.
  virtual int reopen(std::uint64_t file) = 0;

  virtual std::int64_t size(std::uint64_t file) = 0;
  virtual std::int64_t position(std::uint64_t file) = 0;
  virtual std::optional<std::uint64_t> device_block_of(std::uint64_t file, std::uint64_t block) = 0;
  virtual std::uint64_t free_blocks() = 0;
  virtual std::uint64_t reserved_blocks() = 0;

  /// Reads the device itself, past every cache of the subject. pos, to.size(): multiples of a
  /// block.
  virtual int read_device(std::uint64_t pos, std::span<std::byte> to) = 0;
};

/// Makes the volumes of one subject, on one device that is poisoned wherever nothing was written.
class SubjectFactory {
 public:
  virtual ~SubjectFactory() = default;

  /// A fresh volume whose steps go to `recorder`. The volume before it must be destroyed. Null if
  /// the device failed while the poison was put back.
  virtual std::unique_ptr<Subject> make(const Setting& setting, spec::Recorder& recorder) = 0;

  /// "ref" or "impl".
  virtual const char* subject_name() const = 0;
  /// Bytes of the device, and of its sector.
  virtual std::uint64_t device_bytes() const = 0;
  virtual std::uint64_t sector_size() const = 0;
};

std::unique_ptr<SubjectFactory> make_ref_memory_factory(
    std::uint64_t bytes, std::uint32_t sector_size);
std::unique_ptr<SubjectFactory> make_impl_memory_factory(
    std::uint64_t bytes, std::uint32_t sector_size);

/// On a block device or a regular file, whose contents are lost. Throws std::runtime_error with one
/// line that names the path and the cause.
std::unique_ptr<SubjectFactory> make_ref_path_factory(const std::string& path);
std::unique_ptr<SubjectFactory> make_impl_path_factory(const std::string& path);

}  // namespace quire::props
