// Threads that take the next obligation until none is left.
#include "proofs/tool/crew.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>
#include <utility>

namespace quire::proofs {

Crew::Crew(const std::vector<Obligation>& obligations, Job job)
    : obligations_(obligations), job_(std::move(job)), reports_(obligations.size()) {
  order_.resize(obligations.size());
  std::iota(order_.begin(), order_.end(), std::size_t{0});
  // Those of equal effort keep their order. (std::stable_sort in g++ 12's headers uses a function
  // that clang reports as deprecated.)
  std::ranges::sort(order_, [&](std::size_t a, std::size_t b) {
    const unsigned of_a = obligations[a].effort, of_b = obligations[b].effort;
    return of_a != of_b ? of_a > of_b : a < b;
  });
  const std::size_t wanted = std::min(kAtATime, obligations.size());
  for (std::size_t i = 0; i < wanted; ++i) threads_.emplace_back([this] { work(); });
}

Crew::~Crew() {
  {
    const std::lock_guard lock{mutex_};
    next_ = obligations_.size();
  }
  for (std::thread& thread : threads_) thread.join();
}

void Crew::work() {
  std::unique_lock lock{mutex_};
  while (next_ < obligations_.size()) {
    const std::size_t i = order_[next_++];
    const Obligation& obligation = obligations_[i];
    under_way_.insert(obligation.name);
    lock.unlock();
    Report report = job_(obligation);
    lock.lock();
    under_way_.erase(obligation.name);
    reports_[i] = std::move(report);
    ++done_;
    came_in_.notify_all();
  }
}

std::optional<Report> Crew::wait_for(std::size_t i, std::chrono::milliseconds patience) {
  std::unique_lock lock{mutex_};
  came_in_.wait_for(lock, patience, [&] { return reports_[i].has_value(); });
  return reports_[i];
}

std::string Crew::progress() const {
  const std::lock_guard lock{mutex_};
  const auto elapsed = std::chrono::steady_clock::now() - start_;
  return fmt::format(
      "{} of {} done, {} s; now {}", done_, obligations_.size(),
      std::chrono::duration_cast<std::chrono::seconds>(elapsed).count(),
      fmt::join(under_way_, ", "));
}

}  // namespace quire::proofs
