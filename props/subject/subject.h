// The subjects of the properties: ref and impl, behind the same calls.
#pragma once

#include "props/device/fault_injector.h"
#include "props/differential/command.h"
#include "spec/recorder.h"

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>

namespace quire::props {

/// What an implementation makes of a device that fails, where the rules leave it a choice.
struct FailureManners {
  bool tries_again;        ///< a run of a write that failed is written once more, piece by piece
  bool dirty_on_enomem;    ///< blocks whose write fails with ENOMEM stay dirty, and are not lost
  bool flush_is_of_files;  ///< a failed flush is an error of each file with unflushed data (ES-8)
  bool reads_pages;        ///< a block that is needed is read with the others of its page
};

/// One volume of one implementation, and open files of a case on it. All calls answer as the
/// system calls do, with a negative errno for an error.
class Subject {
 public:
  virtual ~Subject() = default;

  virtual const std::string& name() const = 0;

  virtual std::int64_t write(std::uint64_t file, std::span<const iovec> iov, std::int64_t at) = 0;
  virtual std::int64_t read(std::uint64_t file, std::span<const iovec> iov, std::int64_t at) = 0;
  /// read() into memory of the checker, all of which is there.
  virtual std::int64_t read_back(std::uint64_t file, std::span<std::byte> to, std::int64_t at) {
    const iovec whole{to.data(), to.size()};
    return read(file, {&whole, 1}, at);
  }
  /// handle: 0, by which all other calls go, or 1. Each is opened when it is first used.
  virtual int fsync(std::uint64_t file, std::uint64_t handle) = 0;
  virtual int truncate(std::uint64_t file, std::int64_t length) = 0;
  /// 0 or a negative errno.
  virtual int drop_cache(std::uint64_t file) = 0;
  /// Closes the handle and opens the file again.
  virtual int reopen(std::uint64_t file, std::uint64_t handle) = 0;

  virtual std::int64_t size(std::uint64_t file) = 0;
  virtual std::int64_t position(std::uint64_t file) = 0;
  virtual std::optional<std::uint64_t> device_block_of(std::uint64_t file, std::uint64_t block) = 0;
  virtual std::uint64_t free_blocks() = 0;
  virtual std::uint64_t reserved_blocks() = 0;

  /// After calls on the files `touched`: walks the structures of the volume, and reports what they
  /// hold to the recorder (props/audit). cut: the file that a truncate has just shrunk.
  virtual void audit(
      const std::set<std::uint64_t>& touched, std::optional<std::uint64_t> cut = {}) = 0;

  /// Reads the device itself, past every cache of the subject. pos, to.size(): multiples of a
  /// block.
  virtual int read_device(std::uint64_t pos, std::span<std::byte> to) = 0;
  /// The same of what a power cut would leave: a device in memory hides what no flush has
  /// confirmed. Of another device nobody sees the difference.
  virtual int read_medium(std::uint64_t pos, std::span<std::byte> to) = 0;

  virtual const FailureManners& manners() const = 0;
  /// Of the device and of the memory for folios.
  virtual FaultInjector& faults() = 0;

  /// Whether bytes [pos, pos + length) of the device were written and not flushed since, as far as
  /// a device in memory shows it.
  virtual bool is_unflushed(std::uint64_t /*pos*/, std::uint64_t /*length*/) { return false; }
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
  /// Whether two threads may call a volume at once, as its recorder lets them.
  virtual bool serves_threads() const { return false; }
  /// Bytes of the device, and of its sector.
  virtual std::uint64_t device_bytes() const = 0;
  virtual std::uint64_t sector_size() const = 0;
  /// Whether Subject::read_medium() hides what was not flushed.
  virtual bool shows_medium() const { return false; }
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
