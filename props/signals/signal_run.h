// Runs the cases of signals: memory, the host, the copy, and what is to be seen of them.
#pragma once

#include "props/judge/failure.h"
#include "props/memory/late_pages.h"
#include "props/memory/mapping.h"
#include "props/signals/host.h"
#include "props/signals/signal_case.h"

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace quire::props {

/// One way to copy.
struct CopyKernel {
  std::string name;
  CopyCall copy;
};

/// Those of every engine that this CPU has.
std::vector<CopyKernel> copy_kernels();

class SignalRun {
 public:
  /// waits: whether pages can come late. Installs libquire's handler. Throws std::system_error.
  SignalRun(std::vector<CopyKernel> kernels, bool waits);
  SignalRun(const SignalRun&) = delete;
  SignalRun& operator=(const SignalRun&) = delete;
  ~SignalRun();

  /// What is wrong with this case; it is a possible one.
  std::optional<Failure> run(const SignalCase& c);

  /// Of the last case.
  const Observed& observed() const { return *observed_; }
  int died() const { return died_; }
  const std::vector<CopyKernel>& kernels() const { return kernels_; }

 private:
  /// Memory without access, good pages, and memory that faults.
  struct Source {
    explicit Source(Tail tail);
    /// Makes the last or, at the front, the first bytes of the good pages those of the case.
    const std::byte* place(const SignalCase& c);

    Mapping memory;
    std::byte* good;
  };

  const std::byte* place_late(const SignalCase& c);
  void play(const SignalCase& c, const CopyMemory& copy_memory, bool may_die);
  void play_in_fork(const SignalCase& c, const CopyMemory& copy_memory);

  std::vector<CopyKernel> kernels_;
  Source no_access_{Tail::no_access}, past_the_end_{Tail::past_the_end};
  Mapping guard_;
  std::byte* shared_;  ///< with forks: the target, then what is observed
  Observed* observed_;
  int died_ = 0;
  std::atomic<Host*> host_{nullptr};
  std::unique_ptr<LatePages> late_;
  std::byte* late_pages_ = nullptr;  ///< of the present case
  std::size_t late_bytes_ = 0;
};

}  // namespace quire::props
