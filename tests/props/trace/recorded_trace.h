// The recorded trace of XFS as lines, to be changed and judged.
#pragma once

#include "props/trace/judge_trace.h"

#include <gtest/gtest.h>

#include <expected>
#include <sstream>
#include <string>
#include <vector>

namespace quire::props::trace {

using Lines = std::vector<std::string>;

/// A file NAME.trace of this folder. "xfs_writes": the output of `quire-check --suite trace-xfs
/// --cases 36 --seed 5 --trace-out FILE`. "short_write": one call, in which a begin follows a body
/// that wrote less than was reserved.
Lines recorded(const std::string& name = "xfs_writes");

inline std::expected<TraceJudge, std::string> judge_lines(const Lines& lines) {
  std::stringstream text;
  for (const std::string& line : lines) text << line << '\n';
  return judge_trace(text);
}

inline bool has(const std::string& line, const std::string& part) {
  return line.find(part) != line.npos;
}

inline void replace(std::string& line, const std::string& old, const std::string& now) {
  const std::size_t at = line.find(old);
  ASSERT_NE(at, line.npos) << line << " has no " << old;
  line.replace(at, old.size(), now);
}

/// The first line from `from` on that has every part; the number of lines if none.
inline std::size_t find(
    const Lines& lines, std::size_t from, const std::vector<std::string>& parts) {
  for (std::size_t i = from; i < lines.size(); ++i) {
    bool all = true;
    for (const std::string& part : parts) all = all && has(lines[i], part);
    if (all) return i;
  }
  return lines.size();
}

}  // namespace quire::props::trace
