// Searches for a record that breaks one clause, by changing field after field.
#pragma once

#include "spec/locks/order.h"
#include "spec/reflect.h"
#include "spec/word.h"

#include <boost/hana/length.hpp>
#include <boost/hana/unpack.hpp>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace quire::tests {

/// A search over the records of one type: lists of their fields. Every run gives the same results.
class Doctor {
 public:
  using Number = std::uint64_t;
  using Record = std::vector<Number>;
  using Truths = std::vector<bool>;

  /// truths: which of `clauses` clauses a record of `fields` fields keeps. good: a record that
  /// breaks nothing, if a search finds none that is interesting.
  Doctor(
      std::size_t fields, std::size_t clauses, std::function<Truths(const Record&)> truths,
      std::optional<Record> good)
      : fields_(fields), clauses_(clauses), truths_(std::move(truths)), good_(std::move(good)) {}

  Truths truths(const Record& record) const { return truths_(record); }

  /// A record that breaks nothing.
  std::optional<Record> good() {
    if (!good_) good_ = search(clauses_, true);
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
      const std::size_t weight = start % 4 < 2 ? 1 : clauses_;
      Record record(fields_);
      if (good_ && start % 2 == 0) {
        record = *good_;
      } else {
        for (Number& field : record) field = any();
      }
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
    for (std::size_t i = 0; i < clauses_; ++i) {
      if (i == broken ? held[i] : others_hold && !held[i]) n += i == broken ? weight : 1;
    }
    return n;
  }

  void change(Record& record) {
    const auto field = [&]() -> Number& { return record[below(record.size())]; };
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

  std::size_t fields_, clauses_;
  std::function<Truths(const Record&)> truths_;
  std::optional<Record> good_;
  std::mt19937_64 random_{1};
};

/// The fields of a record, as a list, and the record that such a list is.
template <class Record>
Doctor::Record fields_of(Record record) {
  Doctor::Record fields;
  spec::for_each_value(record, [&](Doctor::Number n) { fields.push_back(n); });
  return fields;
}
template <class Record>
Record record_of(const Doctor::Record& fields) {
  Record record{};
  auto next = fields.begin();
  spec::for_each_value(record, [&](Doctor::Number& n) { n = *next++; });
  return record;
}

/// The doctor of the records that a tuple of clauses judges.
template <class Record, class Clauses>
Doctor doctor_of(const Clauses& clauses, const std::optional<Record>& good) {
  const auto truths = [&clauses](const Doctor::Record& fields) {
    const auto record = record_of<Record>(fields);
    return boost::hana::unpack(clauses, [&](const auto&... clause) {
      return Doctor::Truths{static_cast<bool>(clause.holds(record))...};
    });
  };
  std::optional<Doctor::Record> good_fields;
  if (good) good_fields = fields_of(*good);
  return {
      fields_of(Record{}).size(), decltype(boost::hana::length(clauses))::value, truths,
      good_fields};
}

}  // namespace quire::tests
