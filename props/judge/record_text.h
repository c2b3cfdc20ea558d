// A record of the model as a person reads it.
#pragma once

#include "spec/reflect.h"

#include <fmt/format.h>

#include <cstdint>
#include <string>

namespace quire::props {

/// "before.pos = 8192, want = 4096": errors are negative numbers.
template <class Record>
std::string record_text(const Record& record) {
  std::string text;
  spec::for_each_leaf(record, [&](const std::string& name, std::uint64_t value) {
    text +=
        fmt::format("{}{} = {}", text.empty() ? "" : ", ", name, static_cast<std::int64_t>(value));
  });
  return text;
}

}  // namespace quire::props
