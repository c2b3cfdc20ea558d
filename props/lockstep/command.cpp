#include "props/lockstep/command.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <ostream>
#include <stdexcept>
#include <string_view>

namespace quire::props {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 6> kActions{"write",    "read",       "fsync",
                                                   "truncate", "drop_cache", "reopen"};

bool moves_bytes(const Command& c) { return c.action == Action::write || c.action == Action::read; }

bool faults(BufferKind kind) {
  return kind != BufferKind::plain && kind != BufferKind::supplied_late;
}

template <class Names>
std::size_t index_of(const Names& names, const std::string& name, const char* what) {
  const auto at = std::find(names.begin(), names.end(), name);
  if (at == names.end()) throw std::invalid_argument(fmt::format("no {} is called {}", what, name));
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

json to_json(const Command& c) {
  json j{{"do", kActions[static_cast<std::size_t>(c.action)]}, {"file", c.file}};
  if (moves_bytes(c)) {
    j["at"] = c.at;
    j["memory"] = json::array();
    for (const BufferShape& shape : c.memory) j["memory"].push_back(to_json(shape));
    if (c.look_back) j["look_back"] = true;
  }
  if (c.action == Action::truncate) j["length"] = c.length;
  return j;
}

BufferShape shape_from(const json& j) {
  return {
      kBufferKinds[index_of(kind_names(), j.at("kind"), "kind of memory")], j.at("bytes"),
      j.at("readable"), j.at("misalignment")};
}

Command command_from(const json& j) {
  Command c;
  c.action = static_cast<Action>(index_of(kActions, j.at("do"), "command"));
  c.file = j.at("file");
  if (moves_bytes(c)) {
    c.at = j.at("at");
    for (const json& shape : j.at("memory")) c.memory.push_back(shape_from(shape));
    c.look_back = j.value("look_back", false);
  }
  if (c.action == Action::truncate) c.length = j.at("length");
  return c;
}

}  // namespace

std::uint64_t total_bytes(const Command& command) {
  std::uint64_t n = 0;
  for (const BufferShape& shape : command.memory) n += shape.size;
  return n;
}

std::string to_text(const Command& c) {
  std::string text =
      fmt::format("{} file {}", kActions[static_cast<std::size_t>(c.action)], c.file);
  if (c.action == Action::truncate) text += fmt::format(" to {} bytes", c.length);
  if (!moves_bytes(c)) return text;
  text += c.at < 0 ? " at its position:" : fmt::format(" at {}:", c.at);
  for (const BufferShape& shape : c.memory) {
    text += fmt::format(" [{} bytes", shape.size);
    if (faults(shape.kind)) {
      text += fmt::format(", {} from byte {} on", name_of(shape.kind), shape.readable);
    } else {
      if (shape.kind != BufferKind::plain) text += fmt::format(", {}", name_of(shape.kind));
      if (shape.misalignment != 0) text += fmt::format(", {} past a page", shape.misalignment);
    }
    text += "]";
  }
  if (c.look_back) text += ", read back";
  return text;
}

std::string to_replay(const Case& checked) {
  json j{
      {"block_size", checked.setting.block_size},
      {"blocks", checked.setting.blocks},
      {"folio_max", checked.setting.folio_max},
      {"dirty_max", checked.setting.dirty_max},
      {"commands", json::array()}};
  for (const Command& c : checked.commands) j["commands"].push_back(to_json(c));
  return j.dump();
}

Case from_replay(const std::string& line) {
  try {
    const json j = json::parse(line);
    Case checked{{j.at("block_size"), j.at("blocks"), j.at("folio_max"), j.at("dirty_max")}, {}};
    for (const json& c : j.at("commands")) checked.commands.push_back(command_from(c));
    return checked;
  } catch (const json::exception& e) {
    throw std::invalid_argument(std::string("the replay line is not one of ours: ") + e.what());
  }
}

void showValue(const Case& checked, std::ostream& os) {
  os << fmt::format(
      "blocks of {} bytes, {} of them; folios up to {} bytes; at most {} bytes dirty\n",
      checked.setting.block_size, checked.setting.blocks, checked.setting.folio_max,
      checked.setting.dirty_max);
  for (std::size_t i = 0; i < checked.commands.size(); ++i) {
    os << fmt::format("  {}. {}\n", i + 1, to_text(checked.commands[i]));
  }
}

}  // namespace quire::props
