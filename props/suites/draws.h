// The random numbers and sizes from which a process draws its cases.
#pragma once

#include "props/judge/failure.h"
#include "props/suites/suite.h"

#include <rapidcheck/Gen.h>
#include <rapidcheck/Random.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace quire::props {

/// A stream of its own for each worker. That of the first is the one that RapidCheck has for the
/// seed, so that one process draws the cases that RapidCheck would.
class Draws {
 public:
  struct Draw {
    std::uint64_t number;  ///< of draws before it
    rc::Random random;
    int size;
  };

  explicit Draws(const Options& options);

  /// The cases of this worker.
  std::uint64_t share() const { return share_; }

  /// done: cases that have been run.
  Draw next(std::uint64_t done);

  /// The last draw made no case. False if there were too many of those.
  bool discarded();

 private:
  rc::Random stream_;
  std::uint64_t share_;
  std::uint64_t drawn_ = 0, done_ = 0;
  std::uint64_t discarded_ = 0, discarded_now_ = 0;  // of all cases; of the next one
};

/// The random numbers of draw number `draw` of this worker.
rc::Random random_of(const Options& options, std::uint64_t draw);

/// The index of the class `aim`; names.size() if it is not among them.
std::size_t index_of_aim(const std::string& aim, const std::vector<std::string>& names);

/// The generator that drew a case which aimed at the class `aim`; `any` for a case without an aim.
/// aimed, names: of every class. Throws CannotRun if there is no such class.
template <class Case>
rc::Gen<Case> choose_again(
    const std::string& aim, const rc::Gen<Case>& any, const std::vector<rc::Gen<Case>>& aimed,
    const std::function<std::vector<std::string>()>& names) {
  if (aim.empty()) return any;
  const std::size_t index = names ? index_of_aim(aim, names()) : 0;
  if (aimed.size() <= index) throw CannotRun{"the case that aims at " + aim + " cannot be drawn"};
  return aimed[index];
}

/// The failure of a case that holds if it is run alone.
Failure holds_alone(Failure failure);

/// This process will run so many cases.
void journal_share(std::uint64_t cases);

}  // namespace quire::props
