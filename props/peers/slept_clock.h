// The time of a throttled volume.
#pragma once

#include "props/differential/command.h"
#include "ref/throttle/volume_throttle.h"

#include <cstdint>
#include <optional>

namespace quire::props {

/// Goes on only while a writer sleeps.
class SleptClock final : public ref::ThrottleClock {
 public:
  std::uint64_t now() override { return slept_; }
  std::uint64_t sleep(std::uint64_t ms) override {
    slept_ += ms;
    return ms;
  }
  std::uint64_t slept() const { return slept_; }

 private:
  std::uint64_t slept_ = 0;  ///< ms
};

/// The throttle of a case's volume, or none.
inline std::optional<ref::VolumeThrottle> throttle_of(const Setting& setting, SleptClock& clock) {
  constexpr std::uint64_t kPagesPerSecond = 1000;
  if (setting.throttle == 0) return std::nullopt;
  return ref::VolumeThrottle{setting.throttle, kPagesPerSecond, &clock};
}

}  // namespace quire::props
