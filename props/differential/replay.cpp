// A case as one line of JSON. Fields with their default value are left out, so that lines of an
// older version keep their meaning.
#include "props/differential/command.h"
#include "spec/geometry.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string_view>

namespace quire::props {
namespace {

using nlohmann::json;

constexpr int kErrnoMax = 4095;  // errno(3): the largest that Linux hands out

template <class Names>
std::size_t index_of(const Names& names, const std::string& name, const char* what) {
  const auto at = std::find(names.begin(), names.end(), name);
  if (at == names.end())
    throw std::invalid_argument(
        fmt::format("the replay line is not one of ours: no {} is called {}", what, name));
  return static_cast<std::size_t>(at - names.begin());
}

std::vector<std::string_view> kind_names() {
  std::vector<std::string_view> names;
  for (const BufferKind kind : kBufferKinds) names.push_back(name_of(kind));
  return names;
}

json to_json(const BufferShape& shape) {
  return {
      {"bytes", shape.size},
      {"kind", name_of(shape.kind)},
      {"readable", shape.readable},
      {"misalignment", shape.misalignment}};
}

BufferShape shape_from(const json& j) {
  return {
      kBufferKinds[index_of(kind_names(), j.at("kind"), "kind of memory")], j.at("bytes"),
      j.at("readable"), j.at("misalignment")};
}

constexpr std::array<std::string_view, 5> kFaultKinds{"read", "write", "flush", "memory", "damage"};
constexpr std::array<std::string_view, 3> kFaultReaches{"once", "place", "all"};

json to_json(const Fault& fault) {
  return {
      {"kind", kFaultKinds[static_cast<std::size_t>(fault.kind)]},
      {"after", fault.after},
      {"reach", kFaultReaches[static_cast<std::size_t>(fault.reach)]},
      {"error", fault.error}};
}

Fault fault_from(const json& j) {
  const Fault fault{
      static_cast<FaultKind>(index_of(kFaultKinds, j.at("kind"), "kind of fault")), j.at("after"),
      static_cast<FaultReach>(index_of(kFaultReaches, j.at("reach"), "reach of a fault")),
      j.at("error")};
  if (fault.error < 1 || kErrnoMax < fault.error)
    throw std::invalid_argument("the replay line is not one of ours: error of a fault");
  return fault;
}

bool has_place(Action action) {
  return action == Action::seek || action == Action::fallocate || action == Action::clone ||
         action == Action::write_mapped;
}
bool has_source(Action action) { return action == Action::clone || action == Action::write_mapped; }
bool has_length(Action action) {
  return action == Action::truncate || action == Action::fill || action == Action::fallocate ||
         has_source(action);
}

json to_json(const Actor& actor);

json to_json(const Command& c) {
  json j{{"do", name_of(c.action)}, {"file", c.file}};
  if (moves_bytes(c)) {
    j["at"] = c.at;
    j["memory"] = json::array();
    for (const BufferShape& shape : c.memory) j["memory"].push_back(to_json(shape));
    if (c.look_back) j["look_back"] = true;
    if (c.answer) j["answer"] = *c.answer;
    if (!c.ends.empty()) j["ends"] = c.ends;
  }
  if (has_place(c.action)) j["at"] = c.at;
  if (has_length(c.action)) j["length"] = c.length;
  if (has_source(c.action)) {
    j["source"] = c.source;
    j["from"] = c.from;
  }
  if (c.fault) j["fault"] = to_json(*c.fault);
  if (c.handle != 0) j["handle"] = c.handle;
  if (c.flags != 0) j["flags"] = c.flags;
  if (c.limit) j["limit"] = *c.limit;
  if (c.ticks != 0) j["ticks"] = c.ticks;
  if (c.held != HeldLock::none) j["held"] = kHeldLockNames[static_cast<std::size_t>(c.held)];
  for (const Actor& actor : c.actors) j["actors"].push_back(to_json(actor));
  return j;
}

json to_json(const Actor& actor) {
  json j{{"point", name_of(actor.point)}, {"at", actor.at}, {"command", to_json(actor.command)}};
  if (actor.pause != 0) j["pause"] = actor.pause;
  return j;
}

/// No command moves so many bytes.
constexpr std::uint64_t kBytesMax = std::uint64_t{1} << 30;

/// Nor so many actors.
constexpr std::size_t kActorsMax = 8;

void demand(bool good, const Command& c, const char* what) {
  if (good) return;
  throw std::invalid_argument(
      fmt::format("the replay line is not one of ours: {} of {}", what, name_of(c.action)));
}

/// Faults, scripts and locks of a third thread are for commands that run alone.
bool is_for_two_threads(const Command& c) {
  return !c.fault && !c.answer && c.ends.empty() && c.held == HeldLock::none;
}

/// Refuses values that no generated case has, and those that would exhaust the machine.
void check_ranges(const Command& c) {
  // Positions are any that a file has: the models of files are sparse.
  const auto is_place = [](std::int64_t n) { return -static_cast<std::int64_t>(kBytesMax) <= n; };
  const bool reads_source = c.action == Action::write_mapped || c.action == Action::fill;
  demand(c.file < 2, c, "file");
  demand(c.source < 2, c, "source");
  demand(c.handle < 3, c, "handle");
  demand(is_place(c.at), c, "at");
  demand(0 <= c.from, c, "from");
  demand(c.length <= (reads_source ? kBytesMax : spec::kFileSizeMax), c, "length");
  demand(c.action != Action::write_mapped || c.length != 0, c, "length");
  demand(!moves_bytes(c) || -1 <= c.at, c, "at");
  demand(c.action != Action::write_mapped || -1 <= c.at, c, "at");
  demand(total_bytes(c) <= kBytesMax, c, "memory");
  demand(c.actors.size() <= kActorsMax, c, "actors");
  demand(c.actors.empty() || is_for_two_threads(c), c, "actors");
  for (const BufferShape& shape : c.memory) {
    demand(shape.size <= UserMemory::kBytesMax, c, "bytes");
    demand(shape.misalignment < kPage, c, "misalignment");
  }
}

Actor actor_from(const json& j, const Command& during);

Command command_from(const json& j) {
  Command c;
  c.action = static_cast<Action>(index_of(kActionNames, j.at("do"), "command"));
  c.file = j.at("file");
  if (moves_bytes(c)) {
    c.at = j.at("at");
    for (const json& shape : j.at("memory")) c.memory.push_back(shape_from(shape));
    c.look_back = j.value("look_back", false);
    c.ends = j.value("ends", std::vector<std::uint64_t>{});
    if (j.contains("answer")) c.answer = j.at("answer").get<std::int64_t>();
  }
  if (has_place(c.action)) c.at = j.at("at");
  if (has_length(c.action)) c.length = j.at("length");
  if (has_source(c.action)) {
    c.source = j.at("source");
    c.from = j.at("from");
  }
  if (j.contains("fault")) c.fault = fault_from(j.at("fault"));
  c.handle = j.value("handle", std::uint64_t{0});
  c.flags = j.value("flags", 0);
  if (j.contains("limit")) c.limit = j.at("limit").get<std::uint64_t>();
  c.ticks = j.value("ticks", std::uint64_t{0});
  if (j.contains("held"))
    c.held = static_cast<HeldLock>(index_of(kHeldLockNames, j.at("held"), "lock"));
  if (j.contains("actors")) {
    for (const json& actor : j.at("actors")) c.actors.push_back(actor_from(actor, c));
  }
  check_ranges(c);
  return c;
}

Actor actor_from(const json& j, const Command& during) {
  const auto point =
      static_cast<YieldPoint>(index_of(kYieldPointNames, j.at("point"), "yield point"));
  Actor actor{point, j.at("at"), j.value("pause", std::uint64_t{0}), command_from(j.at("command"))};
  const Command& c = actor.command;
  demand(!moves_bytes(c) || 0 <= c.at, c, "at");
  demand(c.actors.empty() && is_for_two_threads(c), c, "actors");
  // A handle is not closed while a call of the other thread uses it.
  demand(c.action != Action::reopen || c.handle != during.handle, c, "handle");
  return actor;
}

}  // namespace

std::string to_replay(const Case& checked) {
  json j{
      {"block_size", checked.setting.block_size},
      {"blocks", checked.setting.blocks},
      {"folio_max", checked.setting.folio_max},
      {"dirty_max", checked.setting.dirty_max},
      {"commands", json::array()}};
  if (checked.setting.each_byte) j["each_byte"] = true;
  if (checked.setting.mount != 0) j["mount"] = checked.setting.mount;
  if (checked.setting.first_block != 0) j["first_block"] = checked.setting.first_block;
  if (checked.setting.sync != 0) j["sync"] = checked.setting.sync;
  if (checked.setting.quota != Setting{}.quota) j["quota"] = checked.setting.quota;
  if (checked.setting.quota_apart != 0) j["quota_apart"] = checked.setting.quota_apart;
  if (checked.setting.throttle != 0) j["throttle"] = checked.setting.throttle;
  if (checked.setting.allocator != 0) j["allocator"] = checked.setting.allocator;
  for (const Command& c : checked.commands) j["commands"].push_back(to_json(c));
  return j.dump();
}

Case from_replay(const std::string& line) {
  try {
    const json j = json::parse(line);
    Case checked;
    checked.setting.block_size = j.at("block_size");
    checked.setting.blocks = j.at("blocks");
    checked.setting.folio_max = j.at("folio_max");
    checked.setting.dirty_max = j.at("dirty_max");
    checked.setting.each_byte = j.value("each_byte", false);
    checked.setting.mount = j.value("mount", std::uint64_t{0});
    checked.setting.first_block = j.value("first_block", std::uint64_t{0});
    checked.setting.sync = j.value("sync", std::uint64_t{0});
    checked.setting.quota = j.value("quota", Setting{}.quota);
    checked.setting.quota_apart = j.value("quota_apart", std::uint64_t{0});
    checked.setting.throttle = j.value("throttle", std::uint64_t{0});
    checked.setting.allocator = j.value("allocator", std::uint64_t{0});
    for (const json& c : j.at("commands")) checked.commands.push_back(command_from(c));
    const auto fails = [](const Command& c) { return c.fault.has_value(); };
    if (has_actors(checked.commands) && std::ranges::any_of(checked.commands, fails))
      throw std::invalid_argument("the replay line is not one of ours: faults and a second thread");
    return checked;
  } catch (const json::exception& e) {
    throw std::invalid_argument(std::string("the replay line is not one of ours: ") + e.what());
  }
}

}  // namespace quire::props
