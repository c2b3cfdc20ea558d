#include "proofs/replay.h"

#include "proofs/symbolic_hooks.h"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <optional>
#include <set>
#include <string_view>

namespace quire::proofs {
namespace {

using Json = nlohmann::ordered_json;

/// What a vector calls the text that an obligation is about.
std::optional<Json> run_of(const std::string& name) {
  const std::set<std::string_view> of_one_pass{
      "keeps_invariant", "byte_ledger",        "chunk",         "retry",
      "stops",           "steps_the_iterator", "loses_no_byte", "lock_order"};
  const auto is_about = [&](const std::string& loop) {
    return name.starts_with(loop) &&
           of_one_pass.contains(std::string_view{name}.substr(loop.size()));
  };
  if (is_about("ref.write_loop.")) return Json{{"run", "ref.attempt"}, {"folios", 1}};
  if (is_about("impl.write_loop.")) {
    // Those that look at each folio of a trip are run over one more (write_loop_proofs.cpp).
    const bool by_folio = name.ends_with(".lock_order") || name.ends_with(".steps_the_iterator");
    const std::size_t folios = SymbolicHooks::kTripFolios + (by_folio ? 1 : 0);
    return Json{{"run", "impl.trip"}, {"folios", folios}};
  }
  if (name == "ref.write_loop.answers") return Json{{"run", "ref.call"}, {"folios", 1}};
  if (name == "impl.write_loop.answers") return Json{{"run", "impl.call"}, {"folios", 1}};
  return {};
}

/// The fresh words of a path: the n-th of a name is the n-th that the loop met.
Json world_of(const std::vector<Field>& inputs) {
  Json world;
  for (const Field& input : inputs) {
    world[input.name.substr(0, input.name.find('#'))].push_back(input.value);
  }
  if (!world.contains("good")) world["good"] = world["total"];
  // An obligation that gives write_end no error has no word for it. A run of folios (any_run_end)
  // is here one folio whose copy stopped where the run ceased to count.
  const std::size_t folios = world.contains("folio_room") ? world["folio_room"].size() : 0;
  while (folios > (world.contains("end_errno") ? world["end_errno"].size() : 0)) {
    world["end_errno"].push_back(0);
  }
  if (world.contains("run_accepted")) {
    for (std::size_t i = 0; i < world["run_accepted"].size(); ++i) {
      if (i + 1 < world["copied"].size()) world["copied"][i + 1] = world["run_accepted"][i];
      world["uptodate"][i + 1] = 1;
    }
  }
  return world;
}

/// A pass that copies as much into a range of one folio as the acceptance is about.
Json acceptance(const std::vector<Field>& inputs) {
  std::uint64_t uptodate = 0, length = 0, copied = 0;
  for (const Field& input : inputs) {
    if (input.name == "range_uptodate") uptodate = input.value;
    if (input.name == "length") length = input.value;
    if (input.name == "copied") copied = input.value;
  }
  const auto one = [](std::uint64_t value) { return Json::array({value}); };
  return {{"start", one(0)},       {"total", one(length)},      {"written", one(0)},
          {"retry", one(0)},       {"chunk_order", one(9)},     {"good", one(length)},
          {"unreadable", one(0)},  {"signal", one(0)},          {"folio_room", one(length)},
          {"begin_errno", one(0)}, {"uptodate", one(uptodate)}, {"copied", one(copied)},
          {"end_errno", one(0)}};
}

}  // namespace

std::string replay_line(const Obligation& obligation, const Counterexample& found) {
  std::optional<Json> line = run_of(obligation.name);
  if (line) {
    (*line)["world"] = world_of(found.inputs);
  } else if (obligation.name == "impl.accept.keeps_the_contract") {
    line = Json{{"run", "impl.trip"}, {"folios", 1}, {"world", acceptance(found.inputs)}};
  } else {
    return {};
  }
  return "quire-check --suite vectors --replay '" + line->dump() + "'";
}

}  // namespace quire::proofs
