// A case as one line of JSON. Fields with their default value are left out, so that lines of an
// older version keep their meaning.
#include "props/differential/command.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <stdexcept>

namespace quire::props {
namespace {

using nlohmann::json;

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

bool has_place(Action action) {
  return action == Action::seek || action == Action::fallocate || action == Action::clone ||
         action == Action::write_mapped;
}
bool has_source(Action action) { return action == Action::clone || action == Action::write_mapped; }
bool has_length(Action action) {
  return action == Action::truncate || action == Action::fill || action == Action::fallocate ||
         has_source(action);
}

json to_json(const Command& c) {
  json j{{"do", action_names()[static_cast<std::size_t>(c.action)]}, {"file", c.file}};
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
  if (c.handle != 0) j["handle"] = c.handle;
  if (c.flags != 0) j["flags"] = c.flags;
  if (c.limit) j["limit"] = *c.limit;
  return j;
}

/// No case reaches so many bytes.
constexpr std::uint64_t kBytesMax = std::uint64_t{1} << 30;

void demand(bool good, const Command& c, const char* what) {
  if (good) return;
  throw std::invalid_argument(fmt::format(
      "the replay line is not one of ours: {} of {}", what,
      action_names()[static_cast<std::size_t>(c.action)]));
}

/// Refuses values that no generated case has, and those that would exhaust the machine.
void check_ranges(const Command& c) {
  const auto small = [](std::int64_t n) {
    return -static_cast<std::int64_t>(kBytesMax) <= n && n <= static_cast<std::int64_t>(kBytesMax);
  };
  demand(c.file < 2, c, "file");
  demand(c.source < 2, c, "source");
  demand(c.handle < 3, c, "handle");
  demand(small(c.at), c, "at");
  demand(0 <= c.from && small(c.from), c, "from");
  demand(c.length <= kBytesMax, c, "length");
  demand(c.action != Action::write_mapped || c.length != 0, c, "length");
  demand(!moves_bytes(c) || -1 <= c.at, c, "at");
  demand(c.action != Action::write_mapped || -1 <= c.at, c, "at");
  demand(total_bytes(c) <= kBytesMax, c, "memory");
  for (const BufferShape& shape : c.memory) {
    demand(shape.size <= UserMemory::kBytesMax, c, "bytes");
    demand(shape.misalignment < kPage, c, "misalignment");
  }
}

Command command_from(const json& j) {
  Command c;
  c.action = static_cast<Action>(index_of(action_names(), j.at("do"), "command"));
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
  c.handle = j.value("handle", std::uint64_t{0});
  c.flags = j.value("flags", 0);
  if (j.contains("limit")) c.limit = j.at("limit").get<std::uint64_t>();
  check_ranges(c);
  return c;
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
    for (const json& c : j.at("commands")) checked.commands.push_back(command_from(c));
    return checked;
  } catch (const json::exception& e) {
    throw std::invalid_argument(std::string("the replay line is not one of ours: ") + e.what());
  }
}

}  // namespace quire::props
