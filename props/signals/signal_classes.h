// The classes of cases that the suite must reach.
#pragma once

#include "props/signals/signal_run.h"

#include <rapidcheck/Gen.h>

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace quire::props {

/// Counts the cases of each class.
class SignalClasses {
 public:
  SignalClasses(const std::vector<CopyKernel>& kernels, bool waits);

  void count(const SignalCase& c, const Observed& observed, int died);

  /// Classes that no case has reached, and for each a generator whose cases nearly all do.
  std::vector<std::string> missing() const;
  std::vector<rc::Gen<SignalCase>> aims() const;

  std::vector<std::pair<std::string, std::uint64_t>> counts() const;

 private:
  struct Class {
    std::string name;
    std::function<bool(const SignalCase&, const Observed&, int died)> has;
    std::function<void(SignalCase&)> aim;  ///< makes a case one of this class
    std::uint64_t cases = 0;
  };

  void add(
      std::string name, std::function<bool(const SignalCase&, const Observed&, int)> has,
      std::function<void(SignalCase&)> aim);
  void add_copies(const std::vector<CopyKernel>& kernels);
  void add_hosts();
  void add_signals();
  void add_deeds();
  void add_waits();

  std::size_t kernels_;
  bool waits_;
  std::vector<Class> classes_;
};

}  // namespace quire::props
