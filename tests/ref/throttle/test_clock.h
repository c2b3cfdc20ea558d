// Time that only sleeps move.
#pragma once

#include "ref/throttle/dirty_throttle.h"

#include <cstdint>
#include <functional>
#include <vector>

namespace quire::tests {

/// Its flusher is the test's.
class TestClock : public ref::ThrottleSurroundings {
 public:
  std::uint64_t now() override { return time; }
  std::uint64_t sleep(std::uint64_t ms) override {
    sleeps.push_back(ms);
    time += ms;
    if (while_asleep) while_asleep();
    return ms;
  }
  bool fatal_signal() override { return dies; }
  void start_flusher() override { ++flusher_starts; }
  std::uint64_t cached_dirty_pages() override { return cached; }

  std::uint64_t time = 5000;
  std::vector<std::uint64_t> sleeps;
  std::function<void()> while_asleep;
  std::uint64_t flusher_starts = 0;
  std::uint64_t cached = 0;
  bool dies = false;
};

}  // namespace quire::tests
