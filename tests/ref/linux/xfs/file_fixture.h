// One file of a small XFS volume, all of whose steps are judged.
#pragma once

#include "tests/ref/linux/xfs/volume_fixture.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace quire::tests {

class XfsFile : public testing::Test, public JudgedXfs {
 protected:
  explicit XfsFile(std::uint64_t blocks = 512) : JudgedXfs({.block_size = 1024}, blocks) {}

  ref::xfs::File open(ref::xfs::OpenOptions options = {}) {
    options.caller = &caller;
    return volume->open(1, options);
  }
  ref::xfs::Node& node() { return volume->node(1); }

  ref::vfs::Caller caller;
};

}  // namespace quire::tests
