// The clauses of a whole write's contents detect each wrong byte.
#include "spec/write/file_write.h"

#include <gtest/gtest.h>
#include <boost/hana/for_each.hpp>

#include <set>
#include <string>

namespace quire::tests {
namespace {

using Number = std::uint64_t;
using Write = spec::FileWrite<Number, spec::Bytes>;
using Names = std::set<std::string>;

/// The clauses that some byte breaks.
Names broken(const Write& write) {
  Names names;
  for (Number p = 0; p < 16; ++p) {
    boost::hana::for_each(spec::file_write_clauses, [&](const auto& clause) {
      if (!clause.holds(write, p)) names.insert(clause.text.name);
    });
  }
  return names;
}

/// Three bytes at 4 of a file of two: "ab", a gap, "xyz", of which two are accepted.
Write good() { return {{'a', 'b'}, 2, {'x', 'y', 'z'}, 4, 2, {'a', 'b', 0, 0, 'x', 'y'}, 6}; }

TEST(FileWriteClauses, DetectEachWrongByte) {
  EXPECT_EQ(broken(good()), Names{});
  const auto with = [](auto change) {
    Write write = good();
    change(write);
    return broken(write);
  };
  EXPECT_EQ(with([](Write& w) { w.after[4] = 'y'; }), Names{"written_bytes_read_back"});
  EXPECT_EQ(with([](Write& w) { w.after[1] = 'x'; }), Names{"other_bytes_stay"});
  EXPECT_EQ(with([](Write& w) { w.after[2] = 'b'; }), Names{"gap_reads_zero"});
  EXPECT_EQ(with([](Write& w) { w.size_after = 7; }), Names{"size_covers_write"});
  EXPECT_EQ(with([](Write& w) { w.size_after = 2; }), Names{"size_covers_write"});
}

}  // namespace
}  // namespace quire::tests
