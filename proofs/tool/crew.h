// Runs obligations a few at a time, each on a thread and in a Z3 context of its own. The longest
// start first, so that no core is idle while another has a long one left.
#pragma once

#include "proofs/obligations/obligation.h"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace quire::proofs {

class Crew {
 public:
  using Job = std::function<Report(const Obligation&)>;

  /// Starts at once. `obligations` must outlive the crew; `job` must not throw.
  Crew(const std::vector<Obligation>& obligations, Job job);

  /// Waits for the jobs under way; those not begun are dropped.
  ~Crew();
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  /// The report of the i-th obligation, if it comes within `patience`.
  std::optional<Report> wait_for(std::size_t i, std::chrono::milliseconds patience);

  /// The progress: "3 of 14 done, 12 s; now ref.write_loop.byte_ledger".
  std::string progress() const;

 private:
  static constexpr std::size_t kAtATime = 2;

  void work();

  const std::vector<Obligation>& obligations_;
  const Job job_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();

  mutable std::mutex mutex_;  ///< of all below but the threads
  std::condition_variable came_in_;
  std::vector<std::size_t> order_;  ///< in which they start
  std::size_t next_ = 0;            ///< index in it
  std::size_t done_ = 0;
  std::set<std::string> under_way_;
  std::vector<std::optional<Report>> reports_;

  std::vector<std::thread> threads_;
};

}  // namespace quire::proofs
