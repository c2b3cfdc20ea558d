// A loop whose paths become vectors, and the words with which its hooks answer.
#pragma once

#include "proofs/engine/explore.h"
#include "spec/vectors/vectors.h"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace quire::proofs {

/// Vectors are small: files of some MiB, writes of less than 256 KiB. A path that needs larger ones
/// has none.
inline unsigned small_width(const std::string& name, unsigned bits) {
  return std::min(bits, name == "start" || name == "size" ? 22u : 18u);
}

/// The values that a word has where they are possible: not 0 and not round, so that a vector
/// detects more changes of a loop.
struct PreferredValues {
  std::vector<std::uint64_t> values;
  bool first = false;  ///< asked before all other preferences, when the solver finds it easier
};
inline const std::map<std::string, PreferredValues>& preferred_values() {
  static const std::map<std::string, PreferredValues> values{
      {"start", {{5000, 1000}, true}},
      {"total", {{10'007, 5003, 2003}, true}},
      {"written", {{777, 3}, true}},
      {"retry", {{1013, 101}, true}},
      {"chunk_order", {{1, 2}, true}},
      {"begin_errno", {{0, ENOSPC}}},
      {"end_errno", {{0, EIO}}},
      {"folio_room", {{2053, 1031}}},
      {"copied", {{1013, 307, 101}}},
      {"unreadable", {{0, 53}}},
      // iomap's loops
      {"done", {{777, 3}, true}},
      {"size", {{7001, 3001}, true}},
      {"mapped", {{9001, 1511, 601}}},
      {"map_room", {{3011, 1511, 601}}},
      {"source_room", {{2503, 1301, 401}}},
      {"map_errno", {{0, ENOSPC}}},
      {"advanced", {{1013, 307}}},
      {"body_errno", {{0, EFAULT}}},
      // XFS's outer path
      {"kept", {{1777, 97}}},
      {"taken", {{1201, 53}}},
      {"check_errno", {{0, EFBIG}}},
      {"layout_errno", {{0, EINTR}}},
      {"zero_errno", {{0, ENOSPC}}},
      {"modify_errno", {{0, EDQUOT}}},
      {"write_errno", {{0, EIO}}}};
  return values;
}

/// How closely the hooks answer as real files and memory do.
enum class World {
  open,  ///< preferred, where that excludes no path
  file,  ///< the file and its volume always do; memory may become unreadable between two accesses
  real,  ///< all of them always do
};

class OpenWords;

/// A loop, how it is run, and which of its paths are followed.
struct VectorSubject {
  std::string run;
  std::size_t folios;     ///< a batch's at most
  unsigned attempts_max;  ///< 0: one pass from any state; else a whole call of no more than these
  std::function<spec::Observed<Bits>(OpenWords&)> observe;
  bool forks_at_choices = false;
  std::map<std::string, std::uint64_t> known = {};  ///< words that are not left open
  World world = World::open;
};

/// Words that the explorer leaves open, and the preferences for them.
class OpenWords {
 public:
  struct Question {
    const char* what;
    std::vector<Bits> words;
  };

  OpenWords(Explorer& e, const VectorSubject& subject) : e_(e), subject_(subject) {}

  Bits word(const std::string& name, unsigned bits) {
    if (const auto found = subject_.known.find(name); found != subject_.known.end()) {
      words_.emplace_back(name, Bits{found->second});
      return found->second;
    }
    const Bits fresh = e_.fresh(name, small_width(name, bits));
    words_.emplace_back(name, fresh);
    // Memory may end within the write; it then ends inside a page where that is possible.
    if (subject_.world != World::open && name == "good") {
      const std::uint64_t total = subject_.known.at("total");
      later_.push_back({fresh == total, fresh == 9205, fresh == 5109, fresh == 1013});
    }
    if (const auto found = preferred_values().find(name); found != preferred_values().end()) {
      Explorer::Wish wish;
      for (const std::uint64_t value : found->second.values) wish.push_back(fresh == value);
      (found->second.first ? first_ : later_).push_back(std::move(wish));
    }
    return fresh;
  }
  template <class Make>
  Bits word(const std::string& name, unsigned bits, std::string_view why, Make&& real) {
    if (is_real(why)) {
      words_.emplace_back(name, real());
      return words_.back().second;
    }
    const Bits open = word(name, bits);
    // Memory becomes unreadable inside a page where that is possible.
    if (subject_.world == World::file) first_.push_back({open == 53});
    prefer([&] { return open == real(); });
    return open;
  }
  void suppose(const Truth& p) {
    e_.assume("The contract of the hooks (spec/vectors/vectors.h).", p);
  }
  template <class Make>
  void prefer(Make&& make) {
    if (subject_.world != World::real) first_.push_back({e_.without_forks(make)});
  }
  template <class Make>
  void real(Make&& make) {
    if (subject_.world == World::open) return;
    Truth all{true};
    e_.without_forks([&] {
      make([&](const char*, const Truth& holds) { all = all && holds; });
      return all;
    });
    e_.assume("Real files and memory.", all);
  }
  void attempt_begins() {
    const bool within = ++attempts_ <= std::max(1u, subject_.attempts_max);
    if (!within && subject_.world == World::real) {
      throw std::logic_error{subject_.run + ": a call on a real file does not end"};
    }
    e_.assume("The bound on attempts.", Truth{within});
  }

  void asks(const char* what, std::vector<Bits> words) {
    asked_.push_back({what, std::move(words)});
  }

  const std::vector<std::pair<std::string, Bits>>& words() const { return words_; }
  const std::vector<Question>& asked() const { return asked_; }
  z3::model example() const {
    std::vector<Explorer::Wish> wishes = first_;
    wishes.insert(wishes.end(), later_.begin(), later_.end());
    return e_.example(wishes);
  }

 private:
  /// Whether a word whose `why` this is has its value with real files and memory.
  bool is_real(std::string_view why) const {
    return subject_.world == World::real || (subject_.world == World::file && why != "still");
  }

  Explorer& e_;
  const VectorSubject& subject_;
  unsigned attempts_ = 0;
  std::vector<std::pair<std::string, Bits>> words_;
  std::vector<Question> asked_;
  std::vector<Explorer::Wish> first_, later_;
};

/// The write loops of ref/ and impl/ (write_loop_vectors.cpp).
std::vector<VectorSubject> write_loop_subjects();
/// iomap's loops (iomap_vectors.cpp).
std::vector<VectorSubject> iomap_subjects();
/// XFS's path around the write (xfs_vectors.cpp).
std::vector<VectorSubject> xfs_subjects();

}  // namespace quire::proofs
