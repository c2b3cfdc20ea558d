// Why a volume cannot be opened, as volume.h says.
#pragma once

#include "props/handles/handle_case.h"

#include <string>

namespace quire::props {

/// Classes of input.
inline constexpr const char* kBadBlock = "a block size that is refused";
inline constexpr const char* kBadSector = "a sector size that is refused";
inline constexpr const char* kSmall = "a device that is too small";

struct ExpectedRefusal {
  int code = 0;  ///< an errno; 0: it can be opened
  std::string text = {};
  const char* met = nullptr;  ///< one of the classes, or none
};

ExpectedRefusal expected_refusal(const HandleCase& c);

}  // namespace quire::props
