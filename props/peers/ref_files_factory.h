// Volumes of ref in memory, one after another.
#pragma once

#include "props/memory/poison_resource.h"
#include "props/peers/files.h"
#include "props/peers/ref_device.h"
#include "spec/recorder.h"

#include <cstdint>
#include <memory>

namespace quire::props {

/// Makes each volume by one function, on one device and from one memory; both are poisoned wherever
/// the volume has not written.
class RefFilesFactory final : public FilesFactory {
 public:
  /// Makes a volume and its files. Throws std::runtime_error, one line.
  using Make = std::unique_ptr<Files>(
      RefDevice& device, PoisonResource& memory, const Setting& setting, spec::Recorder& recorder);

  RefFilesFactory(std::uint64_t bytes, Make& make) : device_(bytes), make_(make) {}

  std::unique_ptr<Files> make(const Setting& setting, spec::Recorder& recorder) override {
    device_.repoison();
    return make_(device_, memory_, setting, recorder);
  }

 private:
  RefDevice device_;
  PoisonResource memory_;
  Make& make_;
};

}  // namespace quire::props
