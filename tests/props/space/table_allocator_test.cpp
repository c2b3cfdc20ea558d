// The laws judge a user's allocator, and an error says why one cannot be used.
#include "props/space/table_allocator.h"

#include "props/space/allocator_case.h"
#include "props/space/large_device.h"

#include <gtest/gtest.h>

#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>

namespace quire::props {
namespace {

std::string object(const std::string& name) { return QUIRE_TEST_OBJECTS "/" + name + ".so"; }

std::string why_not(const std::string& path) {
  const auto table = load_allocator_table(path);
  return table ? "" : table.error();
}

void expect_says(const std::string& text, const std::string& part) {
  EXPECT_NE(text.find(part), std::string::npos) << text;
}

/// The law that the allocator in an object breaks; empty if they hold.
std::string laws_of(const std::string& path) {
  const auto table = load_allocator_table(path);
  if (!table) return table.error();
  const AllocatorKind kind = kind_of(*table);
  rc::detail::TestParams params;
  params.seed = 1;
  const auto result = rc::detail::checkTestable(
      [&] { check_allocator_laws(kind); }, rc::detail::TestMetadata{}, params);
  std::ostringstream text;
  if (!result.is<rc::detail::SuccessResult>()) printResultMessage(result, text);
  return text.str();
}

TEST(TableAllocator, SoundOneKeepsTheLaws) { EXPECT_EQ(laws_of(object("allocator-sound")), ""); }

TEST(TableAllocator, OneOfVersion1KeepsTheLaws) {
  EXPECT_EQ(laws_of(object("allocator-version-1")), "");
}

TEST(TableAllocator, OneThatLosesABlockIsRefuted) {
  const std::string text = laws_of(object("allocator-leaky"));
  expect_says(text, kGivesBackExactly.says);
}

TEST(TableAllocator, OneThatStoresBehindItsPlacesIsRefuted) {
  expect_says(laws_of(object("allocator-stores-behind")), kStaysInItsList.says);
}

TEST(TableAllocator, WhatCannotBeUsedIsNamedWithTheCause) {
  expect_says(why_not("no-such.so"), "no-such.so: not a file");
  expect_says(why_not("/"), "/: not a file");
  expect_says(why_not("/proc/self/maps"), "/proc/self/maps: cannot be loaded: ");
  expect_says(why_not(object("allocator-no-table")), "defines no quire_allocator_table()");
  expect_says(
      why_not(object("allocator-null-table")),
      "allocator-null-table.so: quire_allocator_table() returned null; it must return a table");
  for (const std::string version : {"0", "3"}) {
    expect_says(
        why_not(object(version == "0" ? "allocator-old" : "allocator-newer")),
        "its table has version " + version + ", and this quire-check knows versions 1 and 2");
  }
  expect_says(
      why_not(object("allocator-partial")), "its table has no release(), which must not be null");
  expect_says(
      why_not(object("allocator-no-share")),
      "its table declares QUIRE_ALLOCATOR_SHARES and has no share(), which must then not be null");
  expect_says(
      why_not(object("allocator-unknown-power")), "declares the power 0x40000000, which this");
}

std::string why_not_made(const std::string& name) {
  const auto table = load_allocator_table(object(name));
  if (!table) return table.error();
  try {
    kind_of(*table).make(7);
  } catch (const std::runtime_error& e) {
    return e.what();
  }
  return "";
}

TEST(TableAllocator, MakeThatFailsIsNamedWithItsFile) {
  expect_says(
      why_not_made("allocator-makes-none"),
      "allocator-makes-none.so: make(7) returned null; it must return an allocator");
  expect_says(
      why_not_made("allocator-throws-in-make"),
      "allocator-throws-in-make.so: make() threw no map; it must not throw");
}

TEST(LargeDevice, FindsACountThatIsCutTo32Bits) {
  const auto fault = [](const std::string& name) {
    return fault_of_large_device(kind_of(load_allocator_table(object(name)).value()));
  };
  const auto found = fault("allocator-counts-32-bits");
  ASSERT_TRUE(found.has_value());
  expect_says(*found, std::string(kAccountsForEveryBlock.says) + " (ACC-1)\n  A{4294967366}");
  expect_says(*found, "says it has 70 free");
  // Neither is to blame here: it holds, or it cannot be tried.
  for (const char* const name : {"allocator-sound", "allocator-makes-none", "allocator-crashing"})
    EXPECT_EQ(fault(name), std::nullopt) << name;
}

}  // namespace
}  // namespace quire::props
