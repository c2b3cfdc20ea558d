#include "props/differential/windows.h"

namespace quire::props {

Windows windows_at(std::uint64_t pos, std::uint64_t bytes) {
  if (pos == spec::kFileSizeMax) return {bytes, {pos - bytes + 1, 0, (pos >> 1) + 1}};
  return {bytes, {0, pos, pos - bytes / 2}};
}

}  // namespace quire::props
