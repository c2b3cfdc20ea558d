// Searches for a record that breaks one clause, by changing field after field.
#pragma once

#include "spec/locks/order.h"
#include "spec/reflect.h"
#include "spec/word.h"

#include <boost/hana/for_each.hpp>
#include <boost/hana/length.hpp>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace quire::tests {

/// A search over the records of one type. `Clauses`: the tuple that judges them. Every run gives
/// the same results.
template <class Record, class Clauses>
class Doctor {
 public:
  using Number = std::uint64_t;
  static constexpr std::size_t kClauses =
      decltype(boost::hana::length(std::declval<Clauses>()))::value;
  using Truths = std::array<bool, kClauses>;

  /// good: a record that breaks nothing, if a search finds none that is interesting.
  explicit Doctor(const Clauses& clauses, std::optional<Record> good = {})
      : clauses_(clauses), good_(std::move(good)) {}

  Truths truths(const Record& record) const {
    Truths held{};
    std::size_t i = 0;
    boost::hana::for_each(
        clauses_, [&](const auto& clause) { held[i++] = static_cast<bool>(clause.holds(record)); });
    return held;
  }

  /// A record that breaks nothing.
  std::optional<Record> good() {
    if (!good_) good_ = search(kClauses, true);
    return good_;
  }
  /// A record that breaks clause `which`; `alone`: and no other.
  std::optional<Record> breaks(std::size_t which, bool alone) {
    good();  // to start from
    return search(which, alone);
  }

 private:
  static constexpr std::size_t kStarts = 200, kSteps = 4000;

  std::optional<Record> search(std::size_t broken, bool others_hold) {
    for (std::size_t start = 0; start < kStarts; ++start) {
      // First break the clause and then repair the others, or the other way round.
      const std::size_t weight = start % 4 < 2 ? 1 : kClauses;
      Record record = good_ && start % 2 == 0
                          ? *good_
                          : spec::build<Record>([&]<class>(const std::string&) { return any(); });
      std::size_t wrong = misses(record, broken, others_hold, weight);
      for (std::size_t step = 0; wrong != 0 && step < kSteps; ++step) {
        Record next = record;
        for (Number changes = 1 + below(3); changes > 0; --changes) change(next);
        const std::size_t now = misses(next, broken, others_hold, weight);
        if (now > wrong) continue;  // as good counts too: it may lead out of a dead end
        record = next;
        wrong = now;
      }
      if (wrong == 0) return record;
    }
    return std::nullopt;
  }

  /// How many clauses differ from the goal; `broken` counts `weight` times.
  std::size_t misses(
      const Record& record, std::size_t broken, bool others_hold, std::size_t weight) const {
    const Truths held = truths(record);
    std::size_t n = 0;
    for (std::size_t i = 0; i < kClauses; ++i) {
      if (i == broken ? held[i] : others_hold && !held[i]) n += i == broken ? weight : 1;
    }
    return n;
  }

  void change(Record& record) {
    std::vector<Number*> fields;
    spec::for_each_leaf(
        record, [&](const std::string&, Number& field) { fields.push_back(&field); });
    const auto field = [&]() -> Number& { return *fields[below(fields.size())]; };
    Number& target = field();
    switch (below(7)) {
      case 0: target = field(); break;
      case 1: target = field() + field(); break;
      case 2: target = field() - field(); break;
      case 3: target = field() + field() - field(); break;
      case 4: target += below(2) == 0 ? 1 : ~Number{0}; break;
      case 5: target = below(2); break;
      default: target = any(); break;
    }
  }

  /// A word that clauses compare with.
  Number any() {
    static const std::vector<Number> words = [] {
      std::vector<Number> all{0,         1,    2,       3,        4,
                              5,         100,  511,     1024,     3,
                              4096,      8192, 1 << 21, 1u << 31, std::uint64_t{1} << 19,
                              ~Number{0}};
      for (const int e :
           {EIO, EAGAIN, ENOMEM, EFAULT, EBUSY, EINVAL, EFBIG, ENOSPC, EDQUOT, ETXTBSY, EINTR}) {
        all.push_back(spec::error(e));
        all.push_back(static_cast<Number>(e));
      }
      for (Number rank = 0; rank < spec::kLockClasses; ++rank) {
        all.push_back(rank);
        all.push_back(Number{1} << rank);
      }
      return all;
    }();
    return below(2) == 0 ? below(4) : words[below(words.size())];
  }
  Number below(Number n) { return random_() % n; }

  const Clauses& clauses_;
  std::optional<Record> good_;
  std::mt19937_64 random_{1};
};

}  // namespace quire::tests
