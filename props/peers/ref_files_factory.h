// Volumes of ref in memory, one after another.
#pragma once

#include "props/device/failing_device.h"
#include "props/memory/poison_resource.h"
#include "props/peers/files.h"
#include "props/peers/ref_device.h"
#include "spec/recorder.h"

#include <cstdint>
#include <memory>

namespace quire::props {

/// What a volume of ref stands on: its device and the memory of its folios, both poisoned wherever
/// it has not written, and what lets them fail.
struct Ground {
  explicit Ground(std::uint64_t bytes) : medium(bytes) {
    memory.refuse_when([this] { return faults.refuses_memory(); });
  }
  Ground(const Ground&) = delete;
  Ground& operator=(const Ground&) = delete;

  RefDevice medium;
  PoisonResource memory;
  FaultInjector faults{RefDevice::kSectorSize};
  FailingRefDevice device{medium, faults};  ///< the volume's: it fails, and lies on the medium
};

/// Makes each volume by one function, on the same ground.
class RefFilesFactory final : public FilesFactory {
 public:
  /// Makes a volume and its files. Throws std::runtime_error, one line.
  using Make =
      std::unique_ptr<Files>(Ground& ground, const Setting& setting, spec::Recorder& recorder);

  /// bytes: of a volume, the blocks before Setting::first_block not among them.
  RefFilesFactory(std::uint64_t bytes, Make& make) : bytes_(bytes), ground_(bytes), make_(make) {}

  std::unique_ptr<Files> make(const Setting& setting, spec::Recorder& recorder) override {
    ground_.medium.renew(setting.first_block * setting.block_size + bytes_);
    ground_.faults.end();
    return make_(ground_, setting, recorder);
  }

 private:
  std::uint64_t bytes_;
  Ground ground_;
  Make& make_;
};

}  // namespace quire::props
