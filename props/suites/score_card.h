// The score card of allocators: the laws one by one, then how they place blocks and how fast.
#pragma once

#include "props/space/score.h"
#include "props/suites/suite.h"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

namespace quire::props {

/// How often each law was judged for the allocator of this suite, a line each; the law that is
/// broken says so.
std::string law_card(const SuiteResult& result);

/// The scores as tables, one for each ageing and one of times. seed: of the ageings.
std::string score_card(const std::vector<AllocatorScore>& scores, std::uint64_t seed);

/// The scores as a JSON array.
nlohmann::json json_of(const std::vector<AllocatorScore>& scores);

/// The scores as bars, a panel for each figure: an SVG document.
std::string score_chart(const std::vector<AllocatorScore>& scores);

}  // namespace quire::props
