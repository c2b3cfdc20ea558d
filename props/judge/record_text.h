// A record of the model as a person reads it.
#pragma once

#include "spec/reflect.h"

#include <fmt/format.h>

#include <cstdint>
#include <string>

namespace quire::props {

/// A type with a name, so that records share one instance of what visits their fields.
struct LeafWriter {
  std::string text = {};

  void operator()(const std::string& name, std::uint64_t value) {
    text +=
        fmt::format("{}{} = {}", text.empty() ? "" : ", ", name, static_cast<std::int64_t>(value));
  }
};

/// "before.pos = 8192, want = 4096": errors are negative numbers.
template <class Record>
std::string record_text(const Record& record) {
  LeafWriter writer;
  spec::for_each_leaf(record, writer);
  return writer.text;
}

}  // namespace quire::props
