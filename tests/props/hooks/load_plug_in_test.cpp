// A shared object brings write hooks, and an error says why one cannot be used.
#include "props/hooks/load_plug_in.h"

#include "props/hooks/check_write_hooks.h"
#include "spec/write/write_begin_end.h"

#include <gtest/gtest.h>

#include <string>

namespace quire::props {
namespace {

std::string hooks_object(const std::string& name) { return QUIRE_TEST_OBJECTS "/" + name + ".so"; }

/// What the check says of the hooks in a shared object, or why they cannot be checked.
std::string check_object(const std::string& name) {
  const auto make = load_write_hooks(hooks_object(name));
  return make ? check_write_hooks(*make, {.cases = 500, .seed = 1}) : make.error();
}

std::string why_no_hooks(const std::string& path) {
  const auto make = load_write_hooks(path);
  return make ? "" : make.error();
}

TEST(HooksPlugIn, SoundOneHolds) { EXPECT_EQ(check_object("write-hooks-sound"), ""); }

TEST(HooksPlugIn, OneWithAMistakeIsRefuted) {
  const std::string text = check_object("write-hooks-short");
  EXPECT_TRUE(text.starts_with(spec::short_copy_is_rejected.text.says)) << text;
}

TEST(HooksPlugIn, WhatCannotBeUsedIsNamedWithTheCause) {
  EXPECT_EQ(why_no_hooks("no-such.so"), "no-such.so: not a file");
  EXPECT_EQ(why_no_hooks("/"), "/: not a file");
  const std::string text = why_no_hooks("/proc/self/maps");
  EXPECT_TRUE(text.starts_with("/proc/self/maps: cannot be loaded: ")) << text;
  const std::string none = hooks_object("write-hooks-none"), old = hooks_object("write-hooks-old");
  EXPECT_EQ(
      why_no_hooks(none), none + ": defines no quire_write_hooks(); see props/hooks/plug_in.h");
  EXPECT_EQ(
      why_no_hooks(old), old + ": its hooks have version 0, and this quire-check knows version 1");
}

}  // namespace
}  // namespace quire::props
