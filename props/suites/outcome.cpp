#include "props/suites/outcome.h"

#include "props/suites/output.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <map>
#include <stdexcept>
#include <type_traits>
#include <utility>

namespace quire::props {
namespace {

using nlohmann::json;

/// A graph goes as it lies in memory: both processes are this program.
static_assert(std::is_trivially_copyable_v<spec::LockGraph>);

json to_json(const LockWaits& waits) {
  json all = json::object();
  for (const auto& [whose, graph] : waits) {
    const auto* const bytes = reinterpret_cast<const std::uint8_t*>(&graph);
    all[whose] = json::binary({bytes, bytes + sizeof graph});
  }
  return all;
}

LockWaits waits_from(const json& all) {
  LockWaits waits;
  for (const auto& [whose, graph] : all.items()) {
    const json::binary_t& bytes = graph.get_binary();
    if (bytes.size() != sizeof(spec::LockGraph)) throw std::runtime_error("a graph is torn");
    std::memcpy(&waits[whose], bytes.data(), bytes.size());
  }
  return waits;
}

json to_json(const Counterexample& c) {
  const Failure& f = c.failure;
  return {{"says", f.says},         {"source", f.source}, {"subject", f.subject},
          {"expected", f.expected}, {"actual", f.actual}, {"command", f.command},
          {"text", c.text},         {"replay", c.replay}};
}

Counterexample counterexample_from(const json& j) {
  return {
      {j.at("says"), j.at("source"), j.at("subject"), j.at("expected"), j.at("actual"),
       j.at("command")},
      j.at("text"),
      j.at("replay")};
}

json to_json(const SuiteResult& r) {
  json j{{"suite", r.suite},       {"device", r.device},          {"verdict", r.verdict},
         {"reason", r.reason},     {"lacks", r.could_not_run},    {"cases", r.cases},
         {"commands", r.commands}, {"coverage", r.coverage},      {"waits", to_json(r.waits)},
         {"missing", r.missing},   {"failed_case", r.failed_case}};
  if (r.counterexample) j["counterexample"] = to_json(*r.counterexample);
  return j;
}

SuiteResult from_json(const json& j) {
  SuiteResult r{.suite = j.at("suite")};
  r.device = j.at("device");
  r.verdict = j.at("verdict");
  r.reason = j.at("reason");
  r.could_not_run = j.at("lacks");
  r.cases = j.at("cases");
  r.commands = j.at("commands");
  r.coverage = j.at("coverage");
  r.waits = waits_from(j.at("waits"));
  r.missing = j.at("missing");
  r.failed_case = j.at("failed_case");
  if (j.contains("counterexample")) r.counterexample = counterexample_from(j.at("counterexample"));
  return r;
}

std::string bytes_of(const json& j) {
  std::string bytes;
  json::to_cbor(j, bytes);  // a text need not be UTF-8
  return bytes;
}

/// Adds the counts of `more` to those of the same name; new names come behind the others.
void add_counts(
    std::vector<std::pair<std::string, std::uint64_t>>& counts,
    const std::vector<std::pair<std::string, std::uint64_t>>& more) {
  std::map<std::string, std::size_t> places;
  for (std::size_t i = 0; i < counts.size(); ++i) places[counts[i].first] = i;
  for (const auto& [name, n] : more) {
    const auto at = places.find(name);
    if (at == places.end()) {
      counts.emplace_back(name, n);
    } else {
      counts[at->second].second += n;
    }
  }
}

}  // namespace

std::string outcome_of(const std::string& suite, const std::function<SuiteResult()>& run) {
  std::string why = "an exception that is no std::exception";
  try {
    return bytes_of({{"result", to_json(run())}});
  } catch (const CannotRun& e) {
    return bytes_of({{"cannot run", e.why}});
  } catch (const std::invalid_argument& e) {
    return bytes_of({{"bad usage", e.what()}});
  } catch (const OutputLost& e) {
    return bytes_of({{"output lost", e.what()}});
  } catch (const std::exception& e) {
    why = e.what();
  } catch (...) {
  }
  SuiteResult failed{.suite = suite, .device = "none", .reason = why};
  failed.verdict = Verdict::failed;
  return bytes_of({{"result", to_json(failed)}});
}

SuiteResult result_from(const std::string& outcome) {
  const json j = json::from_cbor(outcome);
  if (j.contains("cannot run")) throw CannotRun{j.at("cannot run")};
  if (j.contains("bad usage")) throw std::invalid_argument(j.at("bad usage"));
  if (j.contains("output lost")) throw OutputLost(j.at("output lost"));
  return from_json(j.at("result"));
}

SuiteResult merged(std::vector<SuiteResult> results) {
  const auto failed = [](const SuiteResult& r) { return r.verdict == Verdict::failed; };
  const auto number = [](const SuiteResult& r) { return r.failed_case; };
  // The first failure, or the first result.
  auto first = std::ranges::find_if(results, failed);
  for (auto r = first; r != results.end(); ++r) {
    if (failed(*r) && number(*r) < number(*first)) first = r;
  }
  if (first == results.end()) first = results.begin();
  SuiteResult all = std::move(*first);
  results.erase(first);
  for (const SuiteResult& r : results) {
    all.cases += r.cases;
    all.commands += r.commands;
    add_counts(all.coverage, r.coverage);
    for (const auto& [whose, graph] : r.waits) all.waits[whose].merge(graph);
    std::erase_if(all.missing, [&](const std::string& name) {
      return std::ranges::find(r.missing, name) == r.missing.end();
    });
  }
  // How far the other processes were is left to chance.
  if (failed(all) && all.counterexample && !results.empty()) all.cases = all.failed_case + 1;
  return all;
}

}  // namespace quire::props
