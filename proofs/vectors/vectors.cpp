// One line for each path. The loops are in vector_subject.h.
#include "proofs/vectors/vectors.h"

#include "proofs/engine/explore.h"
#include "proofs/vectors/vector_subject.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <stdexcept>
#include <thread>
#include <utility>

namespace quire::proofs {
namespace {

using Json = nlohmann::ordered_json;

/// A word as a number; an error as a negative number.
Json number(std::uint64_t value) {
  if (spec::is_error(value)) return static_cast<std::int64_t>(value);
  return value;
}

std::string to_text(const z3::model& m, const OpenWords::Question& asked) {
  std::string text = asked.what;
  for (const Bits& word : asked.words) text += " " + number(value_of(m, word)).dump();
  return text;
}

std::string line_of(
    const VectorSubject& subject, const OpenWords& source, const spec::Observed<Bits>& seen,
    const z3::model& m) {
  Json line{{"run", subject.run}, {"folios", subject.folios}};
  Json& world = line["world"];
  for (const auto& [name, word] : source.words()) world[name].push_back(value_of(m, word));
  Json& asks = line["asks"] = Json::array();
  for (const auto& asked : source.asked()) asks.push_back(to_text(m, asked));
  for (const auto& [name, word] : seen.after) line["after"][name] = number(value_of(m, word));
  line["left"] = value_of(m, seen.left);
  line["answer"] = number(value_of(m, seen.answer));
  return line.dump();
}

std::vector<VectorSubject> all_subjects() {
  std::vector<VectorSubject> all = write_loop_subjects();
  for (const auto more : {iomap_subjects, xfs_subjects}) {
    for (VectorSubject& each : more()) all.push_back(std::move(each));
  }
  return all;
}

/// A vector for each path of a subject.
std::vector<std::string> lines_of(const VectorSubject& subject) {
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
  // The order of the paths depends on Z3's models.
  std::ranges::sort(lines);
  return lines;
}

}  // namespace

std::vector<std::string> loop_vectors(unsigned jobs) {
  const std::vector<VectorSubject> all = all_subjects();
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

}  // namespace quire::proofs
