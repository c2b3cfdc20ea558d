// Random calls on files of XFS volumes of several kinds, against shadows of their bytes.
#include "tests/ref/linux/xfs/shadowed_files.h"

#include <algorithm>
#include <string>
#include <vector>

namespace quire::tests {
namespace {

class XfsFileModel : public testing::TestWithParam<XfsWorld> {};

TEST_P(XfsFileModel, AnswersAsItsShadowsDo) {
  std::uint64_t full_answers = 0;
  for (std::uint64_t seed = 1; seed <= 3 && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    XfsShadowedFiles model(GetParam(), seed);
    std::vector<std::string> calls;
    for (int i = 0; i < 100 && !HasFailure(); ++i) calls.push_back(model.step());
    if (HasFailure()) {
      for (std::size_t i = calls.size() - std::min<std::size_t>(calls.size(), 12); i < calls.size();
           ++i) {
        ADD_FAILURE() << "call " << i << ": " << calls[i];
      }
      break;
    }
    model.finish();
    full_answers += model.full_answers;
  }
  if (GetParam().full || GetParam().quota) {
    EXPECT_LT(0u, full_answers);
  } else {
    EXPECT_EQ(full_answers, 0u);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Worlds, XfsFileModel,
    testing::Values(
        XfsWorld{.name = "roomy", .clones = false}, XfsWorld{.name = "clones"},
        XfsWorld{.name = "small_blocks", .block_size = 512, .blocks = 8192},
        XfsWorld{
            .name = "blocks_of_1024_in_large_folios",
            .block_size = 1024,
            .blocks = 8192,
            .folio_size_max = 65536},
        XfsWorld{.name = "large_folios", .folio_size_max = 1 << 18},
        XfsWorld{.name = "always_cow", .block_size = 1024, .blocks = 8192, .always_cow = true},
        XfsWorld{.name = "full", .blocks = 100, .full = true},
        XfsWorld{.name = "full_of_small_blocks", .block_size = 512, .blocks = 700, .full = true},
        XfsWorld{.name = "full_without_clones", .blocks = 90, .full = true, .clones = false},
        XfsWorld{.name = "fixed_preallocation", .blocks = 120, .full = true, .allocsize = 1 << 17},
        XfsWorld{.name = "quota", .block_size = 1024, .blocks = 8192, .quota = true}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace quire::tests
