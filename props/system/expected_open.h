// What an opening must answer, by the answers that its system calls got.
#pragma once

#include "props/system/machine.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace quire::props {

struct ExpectedOpen {
  int code = 0;           ///< a positive errno; 0: it succeeds
  std::string text = {};  ///< of the error
  std::uint64_t size = 0, sector_size = 0;
  bool direct = false;
  bool waited = false;  ///< for children that have the device open
};

/// The description of an errno in a message of libquire.
std::string described(int code);

/// open_block_device(): log has its calls. claimed_as: the path by which the process has the file
/// open, if it has. was_open: whether it had it open before.
ExpectedOpen expected_open(
    const Node& node, const std::vector<Answered>& log, const std::string& path,
    const std::optional<std::string>& claimed_as, bool was_open);

/// ref::FileDevice::make().
ExpectedOpen expected_ref_open(
    const Node& node, const std::vector<Answered>& log, const std::string& path);

}  // namespace quire::props
