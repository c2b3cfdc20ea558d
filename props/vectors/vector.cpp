#include "props/vectors/vector.h"

#include <nlohmann/json.hpp>

#include <stdexcept>

namespace quire::props {
namespace {

using nlohmann::json;

Vector vector_of(const json& j) {
  Vector vector;
  vector.run = j.at("run");
  vector.folios = j.at("folios");
  vector.world = j.at("world");
  vector.line = j.dump();
  vector.expects = j.contains("asks");
  if (!vector.expects) return vector;
  vector.asks = j.at("asks");
  vector.after = j.at("after");
  vector.left = j.at("left");
  vector.answer = j.at("answer");
  return vector;
}

/// Applies `make` to the text as JSON.
template <class Make>
auto parsed(std::string_view text, Make make) {
  try {
    return make(json::parse(text));
  } catch (const json::exception& e) {
    throw std::invalid_argument{std::string{"this is no vector of ours: "} + e.what()};
  }
}

}  // namespace

Vector vector_from(const std::string& line) { return parsed(line, vector_of); }

std::vector<Vector> vectors_from(std::string_view file) {
  return parsed(file, [](const json& all) {
    if (!all.is_array()) throw std::invalid_argument{"a file of vectors is an array of them"};
    std::vector<Vector> vectors;
    for (const json& each : all) vectors.push_back(vector_of(each));
    return vectors;
  });
}

}  // namespace quire::props
