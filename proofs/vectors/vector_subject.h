// A loop whose ways become vectors, and the words that its surroundings answer with.
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

/// Vectors are small: files of some MiB, writes of less than 256 KiB. A path that only larger ones
/// take has none.
inline unsigned small_width(const std::string& name, unsigned bits) {
  return std::min(bits, name == "start" || name == "size" ? 22u : 18u);
}

/// What a word should be where it can: not 0 and not round, so that a vector notices a change that
/// a plainer one would not.
struct Liked {
  std::vector<std::uint64_t> values;
  bool first = false;  ///< before all that is preferred: of numbers that is far easier to grant
};
inline const std::map<std::string, Liked>& liked() {
  static const std::map<std::string, Liked> values{
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

/// How far the surroundings are those of real files and memory.
enum class World {
  open,  ///< where that makes no way impossible
  file,  ///< as to the file and its volume; memory may go away between two looks at it
  real,  ///< as to all
};

class OpenWords;

/// A loop, how it is run, and which of its ways are followed.
struct VectorSubject {
  std::string run;
  std::size_t folios;     ///< a batch's at most
  unsigned attempts_max;  ///< 0: one pass from any state; else a whole call of no more than these
  std::function<spec::Observed<Bits>(OpenWords&)> observe;
  bool forks_at_choices = false;
  std::map<std::string, std::uint64_t> known = {};  ///< words that are not left open
  World world = World::open;
};

/// Words that the explorer leaves open, and what is wished of them.
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
    // Memory that ends is one more thing that a file meets; it ends inside a page where it can.
    if (subject_.world != World::open && name == "good") {
      const std::uint64_t total = subject_.known.at("total");
      later_.push_back({fresh == total, fresh == 9205, fresh == 5109, fresh == 1013});
    }
    if (const auto found = liked().find(name); found != liked().end()) {
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
    // Memory that moves does so inside a page where it can.
    if (subject_.world == World::file) first_.push_back({open == 53});
    prefer([&] { return open == real(); });
    return open;
  }
  void suppose(const Truth& p) {
    e_.assume("What the surroundings promise (spec/vectors/vectors.h).", p);
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
    e_.assume("What holds of real files and memory.", all);
  }
  void attempt_begins() {
    const bool within = ++attempts_ <= std::max(1u, subject_.attempts_max);
    if (!within && subject_.world == World::real) {
      throw std::logic_error{subject_.run + ": a call of a real file goes on and on"};
    }
    e_.assume("No more attempts than are followed: the bound.", Truth{within});
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
  /// Whether what is named so is as it is of real files and memory.
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
