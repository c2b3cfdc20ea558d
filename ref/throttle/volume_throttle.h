// How writers of a volume are throttled: the options, and the flusher.
#pragma once

#include "ref/require.h"
#include "ref/throttle/dirty_throttle.h"

#include <cstdint>
#include <functional>
#include <utility>

namespace quire::ref {

/// How writers of a volume are throttled (semantics of section 9).
struct VolumeThrottle {
  /// Pages of memory that could hold dirty pages: 10 % of it start the flusher, 20 % are the limit.
  std::uint64_t available_pages = 0;
  /// Pages that the device writes in a second.
  std::uint64_t pages_per_second = 0;
  /// Time, and sleeps in it. While a task sleeps, the flusher makes a pass over all files.
  ThrottleClock* clock = nullptr;
};

/// Time and flusher for a volume that one thread uses, which plays both writer and flusher: the
/// flusher has its turn while the writer sleeps.
class WriterAndFlusher final : public ThrottleSurroundings {
 public:
  /// write_back_all(): the flusher's pass. dirty_pages(): of all dirty folios, counted again.
  WriterAndFlusher(
      ThrottleClock& clock, std::function<void()> write_back_all,
      std::function<std::uint64_t()> dirty_pages)
      : clock_(clock),
        write_back_all_(std::move(write_back_all)),
        dirty_pages_(std::move(dirty_pages)) {}

  std::uint64_t now() override { return clock_.now(); }
  bool fatal_signal() override { return clock_.fatal_signal(); }
  void start_flusher() override { flusher_runs_ = true; }
  std::uint64_t cached_dirty_pages() override { return dirty_pages_(); }

  std::uint64_t sleep(std::uint64_t ms) override {
    if (std::exchange(flusher_runs_, false)) write_back_all_();
    return clock_.sleep(ms);
  }

 private:
  ThrottleClock& clock_;
  std::function<void()> write_back_all_;
  std::function<std::uint64_t()> dirty_pages_;
  bool flusher_runs_ = false;
};

/// The throttle of a volume, with the flusher that it starts.
struct ThrottleAndFlusher {
  /// write_back_all, dirty_pages: as of WriterAndFlusher. recorder: may be null.
  ThrottleAndFlusher(
      const VolumeThrottle& options, spec::Recorder* recorder, std::function<void()> write_back_all,
      std::function<std::uint64_t()> dirty_pages)
      : flusher(clock_of(options), std::move(write_back_all), std::move(dirty_pages)),
        throttle(options.available_pages, options.pages_per_second, flusher, recorder) {}

  WriterAndFlusher flusher;
  DirtyThrottle throttle;

 private:
  static ThrottleClock& clock_of(const VolumeThrottle& options) {
    require(options.clock != nullptr, "a volume is throttled without a clock");
    return *options.clock;
  }
};

}  // namespace quire::ref
