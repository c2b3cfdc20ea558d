#include "proofs/tool/replay.h"

#include "proofs/models/symbolic_hooks.h"
#include "spec/linux/xfs/outer.h"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <optional>
#include <set>
#include <string_view>

namespace quire::proofs {
namespace {

using Json = nlohmann::ordered_json;

/// The `run` of a vector for the loop that an obligation is about. Other obligations are about code
/// that no vector runs (two attempts, the result of a last state), or about the locks of hooks.
std::optional<Json> run_of(const std::string& name) {
  using Claims = std::set<std::string_view>;
  const auto is_about = [&](const std::string& loop, const Claims& claims) {
    return name.starts_with(loop) && claims.contains(std::string_view{name}.substr(loop.size()));
  };
  const auto over = [](const char* run, std::size_t folios) {
    return Json{{"run", run}, {"folios", folios}};
  };
  const Claims of_one_pass{"keeps_invariant", "byte_ledger",        "chunk",         "retry",
                           "stops",           "steps_the_iterator", "loses_no_byte", "lock_order"};
  if (is_about("ref.write_loop.", of_one_pass)) return over("ref.attempt", 1);
  if (is_about("impl.write_loop.", of_one_pass)) {
    // Those with a claim about each folio of a batch have one folio more (write_loop_proofs.cpp).
    const bool by_folio = name.ends_with(".lock_order") || name.ends_with(".steps_the_iterator");
    return over("impl.batch", SymbolicHooks::kBatchFolios + (by_folio ? 1 : 0));
  }
  if (name == "ref.write_loop.answers") return over("ref.call", 1);
  if (name == "impl.write_loop.answers") return over("impl.call", 1);
  const Claims of_an_attempt{
      "attempt", "keeps_invariant", "steps_the_iterator", "loses_no_byte", "lock_order"};
  if (is_about("ref.iomap.", of_an_attempt)) return over("ref.iomap_attempt", 1);
  const Claims of_an_iteration{
      "iteration", "iteration_keeps_invariant", "iteration_makes_progress"};
  if (is_about("ref.iomap.", of_an_iteration)) return over("ref.iomap_iteration", 1);
  if (is_about("ref.xfs_write.", {"steps", "call"})) return over("ref.xfs_call", 1);
  return {};
}

std::size_t count_of(const Json& world, const char* name) {
  return world.contains(name) ? world[name].size() : 0;
}

/// Zeros for the words that are missing.
void fill_up(Json& world, const char* name, std::size_t count) {
  while (count_of(world, name) < count) world[name].push_back(0);
}

void complete_write_loop(Json& world) {
  // An obligation whose write_end has no error has no word for it. A run of folios (any_run_end)
  // becomes one folio whose copy stopped where the run is no longer accepted.
  fill_up(world, "end_errno", count_of(world, "folio_room"));
  for (std::size_t i = 0; i < count_of(world, "run_accepted"); ++i) {
    if (i + 1 < count_of(world, "copied")) world["copied"][i + 1] = world["run_accepted"][i];
    world["uptodate"][i + 1] = 1;
  }
}

/// With a stale mapping there is no folio, and so there are no words for it.
void complete_iomap_attempt(Json& world) {
  const std::size_t folios = count_of(world, "stale");
  while (count_of(world, "folio_room") < folios) world["folio_room"].push_back(1);
  fill_up(world, "begin_errno", folios);
  fill_up(world, "uptodate", folios);
}

/// The IOLOCK is taken exclusive, and there are no more leases than xfs_outer_proofs.cpp follows.
void complete_xfs_call(Json& world) {
  world["mode"] = Json::array({spec::word_of(spec::IolockMode::exclusive)});
  fill_up(world, "leased", count_of(world, "check_errno"));
}

/// The fresh words of a path: the n-th of a name is the n-th answer of that name.
Json world_of(const std::vector<Field>& inputs, const std::string& run) {
  Json world;
  for (const Field& input : inputs) {
    world[input.name.substr(0, input.name.find('#'))].push_back(input.value);
  }
  if (run == "ref.iomap_iteration") return world;
  if (run == "ref.xfs_call") {
    complete_xfs_call(world);
    return world;
  }
  if (!world.contains("good")) world["good"] = world["total"];
  if (run == "ref.iomap_attempt") {
    complete_iomap_attempt(world);
  } else {
    complete_write_loop(world);
  }
  return world;
}

/// A pass that copies into a range of one folio as the acceptance has it.
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
    (*line)["world"] = world_of(found.inputs, (*line)["run"]);
  } else if (obligation.name == "impl.accept.keeps_the_contract") {
    line = Json{{"run", "impl.batch"}, {"folios", 1}, {"world", acceptance(found.inputs)}};
  } else {
    return {};
  }
  return "quire-check --suite vectors --replay '" + line->dump() + "'";
}

}  // namespace quire::proofs
