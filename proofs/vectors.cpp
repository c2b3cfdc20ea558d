// From paths to lines. spec/vectors.h has what is run.
#include "proofs/vectors.h"

#include "impl/accept.h"
#include "impl/write_loop.h"
#include "proofs/explore.h"
#include "ref/accept.h"
#include "ref/write_loop.h"
#include "spec/vectors.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <utility>

namespace quire::proofs {
namespace {

using Json = nlohmann::ordered_json;

/// Vectors are small: files of some MiB, writes of less than 256 KiB. A path that only larger ones
/// take has none.
unsigned small_width(const std::string& name, unsigned bits) {
  return std::min(bits, name == "start" ? 22u : 18u);
}

/// What a word should be where it can: not 0 and not round, so that a vector notices a change that
/// a plainer one would not.
struct Liked {
  std::vector<std::uint64_t> values;
  bool first = false;  ///< before all that is preferred: of numbers that is far easier to grant
};
const std::map<std::string, Liked>& liked() {
  static const std::map<std::string, Liked> values{
      {"start", {{5000, 1000}, true}}, {"total", {{10'007, 5003, 2003}, true}},
      {"written", {{777, 3}, true}},   {"retry", {{1013, 101}, true}},
      {"chunk_order", {{1, 2}, true}}, {"begin_errno", {{0, ENOSPC}}},
      {"end_errno", {{0, EIO}}},       {"folio_room", {{2053, 1031}}},
      {"copied", {{1013, 307, 101}}},  {"unreadable", {{0, 53}}}};
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
struct Subject {
  std::string run;
  std::size_t folios;     ///< a trip's at most
  unsigned attempts_max;  ///< 0: one pass from any state; else a whole call of no more than these
  std::function<spec::Observed<Bits>(OpenWords&)> observe;
  bool forks_at_choices = false;
  std::map<std::string, std::uint64_t> known = {};  ///< words that are not left open
  World world = World::open;
};

/// Words that the explorer leaves open, and what is wished of them.
class OpenWords {
 public:
  OpenWords(Explorer& e, const Subject& subject) : e_(e), subject_(subject) {}

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
  void suppose(const Truth& p) { e_.assume("What the surroundings promise (spec/vectors.h).", p); }
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

  const std::vector<std::pair<std::string, Bits>>& words() const { return words_; }
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
  const Subject& subject_;
  unsigned attempts_ = 0;
  std::vector<std::pair<std::string, Bits>> words_;
  std::vector<Explorer::Wish> first_, later_;
};

/// Numbers as they are, errors as the negative numbers that they are.
Json number(std::uint64_t value) {
  if (spec::is_error(value)) return static_cast<std::int64_t>(value);
  return value;
}

Json to_json(const spec::LoopState<std::uint64_t>& loop) {
  Json json;
  spec::for_each_leaf(
      loop, [&](const std::string& name, std::uint64_t value) { json[name] = number(value); });
  return json;
}

std::string to_text(const z3::model& m, const spec::HookCall<Bits>& asked) {
  std::string text = asked.what;
  for (const Bits& word : asked.words) text += " " + number(value_of(m, word)).dump();
  return text;
}

template <std::size_t folios, class Pass>
spec::Observed<Bits> one_pass(OpenWords& source, spec::Accept<Bits> accept, Pass pass) {
  const auto start = spec::between_attempts<Bits>(source);
  spec::VectorHooks<Bits, OpenWords, folios> hooks(source, start, accept);
  spec::LoopState<Bits> loop = start.loop;
  hooks.attempt_begins(loop);
  const bool goes_on = pass(loop, hooks);
  return {hooks.asked(), loop, hooks.iter().left, Bits{goes_on ? 1u : 0u}};
}

template <std::size_t folios, class Call>
spec::Observed<Bits> whole_call(OpenWords& source, spec::Accept<Bits> accept, Call call) {
  const auto start = spec::before_a_call<Bits>(source);
  spec::VectorHooks<Bits, OpenWords, folios> hooks(source, start, accept);
  spec::LoopState<Bits> last = start.loop;
  const Bits answer = call(last, hooks, start.loop.pos);
  return {hooks.asked(), last, hooks.iter().left, answer};
}

Subject ref_attempt() {
  return {"ref.attempt", 1, 0, [](OpenWords& source) {
            return one_pass<1>(source, ref::accept<Bits>, [](auto& loop, auto& hooks) {
              return ref::attempt<Bits>(loop, hooks);
            });
          }};
}

template <std::size_t folios>
Subject impl_trip() {
  return {"impl.trip", folios, 0, [](OpenWords& source) {
            return one_pass<folios>(source, impl::accept<Bits>, [](auto& loop, auto& hooks) {
              return impl::trip<Bits>(loop, hooks);
            });
          }};
}

Subject ref_call(unsigned attempts) {
  return {"ref.call", 1, attempts, [](OpenWords& source) {
            return whole_call<1>(
                source, ref::accept<Bits>, [](auto& last, auto& hooks, const Bits& pos) {
                  return ref::generic_perform_write<Bits>(hooks, pos, last);
                });
          }};
}

template <std::size_t folios>
Subject impl_call(unsigned attempts) {
  return {"impl.call", folios, attempts, [](OpenWords& source) {
            return whole_call<folios>(
                source, impl::accept<Bits>, [](auto& last, auto& hooks, const Bits& pos) {
                  return impl::perform_write<Bits>(last, hooks, pos);
                });
          }};
}

/// From one state, well within its window: where a pass starts makes no way through it but that a
/// retry ends with its first folio.
Subject from_one_state(Subject subject, std::uint64_t retry) {
  subject.known = {
      {"start", 5000}, {"total", 10'007}, {"written", 777}, {"retry", retry}, {"chunk_order", 2}};
  return subject;
}

/// A call of two pages.
Subject of_two_pages(Subject subject) {
  subject.known = {{"start", 2 * spec::kPageSize}, {"total", 2 * spec::kPageSize}};
  return subject;
}

/// Calls that meet what a file can be made to meet (props/vectors/real_case.h), over one page, two
/// and three, whole and in part; every choice both ways.
std::vector<Subject> of_a_file(Subject subject) {
  constexpr std::uint64_t kPage = spec::kPageSize, kInAPage = 5000;
  subject.world = World::real;
  subject.forks_at_choices = true;
  std::vector<Subject> calls;
  for (const auto& [start, total] :
       {std::pair{2 * kPage, kPage},
        {2 * kPage, 2 * kPage},
        {2 * kPage, 3 * kPage},
        {kInAPage, std::uint64_t{2003}},
        {kInAPage, std::uint64_t{5003}},
        {kInAPage, std::uint64_t{10'007}}}) {
    subject.known = {{"start", start}, {"total", total}, {"signal", 0}, {"end_errno", 0}};
    calls.push_back(subject);
  }
  return calls;
}

/// A call over two pages of a file, from memory that comes and goes.
Subject from_moving_memory(Subject subject) {
  constexpr std::uint64_t kTwo = 2 * spec::kPageSize;
  subject.world = World::file;
  subject.known = {
      {"start", kTwo}, {"total", kTwo}, {"good", kTwo}, {"signal", 0}, {"end_errno", 0}};
  return subject;
}

/// The ways into a pass: nothing fails but the memory.
Subject into(Subject subject) {
  subject.known = {{"signal", 0}, {"begin_errno", 0}, {"end_errno", 0}, {"uptodate", 1}};
  return subject;
}

/// Every choice both ways.
Subject choices(Subject subject) {
  subject.forks_at_choices = true;
  return subject;
}

/// Every path of each loop, by its ifs; and so that the choices between them are seen to matter
/// (min, max, what counts), the paths by those too, of a pass over up to two folios, in two parts
/// that are not multiplied.
std::vector<Subject> subjects() {
  std::vector<Subject> all{
      from_one_state(impl_trip<3>(), 0),
      choices(from_one_state(impl_trip<2>(), 1013)),
      choices(from_one_state(impl_trip<2>(), 0)),
      choices(into(impl_trip<1>())),
      of_two_pages(impl_call<1>(2)),
      ref_attempt(),
      choices(from_one_state(ref_attempt(), 0)),
      choices(into(ref_attempt())),
      of_two_pages(ref_call(3))};
  constexpr unsigned kCallEnds = 9;  // attempts: of three pages, none is met more than thrice
  for (const Subject& call : {ref_call(kCallEnds), impl_call<3>(kCallEnds)}) {
    for (Subject& each : of_a_file(call)) all.push_back(std::move(each));
  }
  all.push_back(from_moving_memory(ref_call(3)));
  all.push_back(from_moving_memory(impl_call<2>(2)));
  return all;
}

std::string line_of(
    const Subject& subject, const OpenWords& source, const spec::Observed<Bits>& seen,
    const z3::model& m) {
  Json line{{"run", subject.run}, {"folios", subject.folios}};
  Json& world = line["world"];
  for (const auto& [name, word] : source.words()) world[name].push_back(value_of(m, word));
  Json& asks = line["asks"] = Json::array();
  for (const auto& asked : seen.asked) asks.push_back(to_text(m, asked));
  line["after"] = to_json(concretize<spec::LoopState<std::uint64_t>>(m, seen.after));
  line["left"] = value_of(m, seen.left);
  line["answer"] = number(value_of(m, seen.answer));
  return line.dump();
}

/// A vector for each path of a subject.
std::vector<std::string> lines_of(const Subject& subject) {
  std::vector<std::string> lines;
  const auto body = [&](Explorer& e) {
    OpenWords source{e, subject};
    const spec::Observed<Bits> seen = subject.observe(source);
    const z3::model m = source.example();
    lines.push_back(line_of(subject, source, seen, m));
  };
  const Exploration found = explore(body, {.forks_at_choices = subject.forks_at_choices});
  if (found.verdict != Verdict::proved) {
    throw std::runtime_error{subject.run + ": " + found.reason};
  }
  // Which way of two is followed first, a model of Z3 says.
  std::ranges::sort(lines);
  return lines;
}

}  // namespace

std::vector<std::string> write_loop_vectors(unsigned jobs) {
  const std::vector<Subject> all = subjects();
  std::vector<std::vector<std::string>> found(all.size());
  std::vector<std::exception_ptr> failures(all.size());
  std::atomic<std::size_t> next = 0;
  {
    std::vector<std::jthread> crew;
    for (unsigned j = 0; j < std::max(1u, jobs); ++j) {
      crew.emplace_back([&] {
        for (std::size_t i; (i = next++) < all.size();) {
          try {
            found[i] = lines_of(all[i]);
          } catch (...) {
            failures[i] = std::current_exception();
          }
        }
      });
    }
  }
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (failures[i]) std::rethrow_exception(failures[i]);
    lines.insert(lines.end(), found[i].begin(), found[i].end());
  }
  return lines;
}

std::string vectors_file(const std::vector<std::string>& lines) {
  std::string text = "[\n";
  for (std::size_t i = 0; i < lines.size(); ++i) {
    text += lines[i] + (i + 1 < lines.size() ? ",\n" : "\n");
  }
  return text + "]\n";
}

}  // namespace quire::proofs
