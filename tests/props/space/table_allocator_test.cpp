// The laws judge a user's allocator, and an error says why one cannot be used.
#include "props/space/table_allocator.h"

#include "props/space/allocator_calls.h"

#include <gtest/gtest.h>

#include <sstream>
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
  TableAllocator::use(*table);
  rc::detail::TestParams params;
  params.seed = 1;
  const auto result = rc::detail::checkTestable(
      [] { check_allocator_laws<TableAllocator>(); }, rc::detail::TestMetadata{}, params);
  std::ostringstream text;
  if (!result.is<rc::detail::SuccessResult>()) printResultMessage(result, text);
  return text.str();
}

TEST(TableAllocator, SoundOneKeepsTheLaws) { EXPECT_EQ(laws_of(object("allocator-sound")), ""); }

TEST(TableAllocator, OneThatLosesABlockIsRefuted) {
  const std::string text = laws_of(object("allocator-leaky"));
  expect_says(text, kGivesBackExactly.says);
}

TEST(TableAllocator, WhatCannotBeUsedIsNamedWithTheCause) {
  expect_says(why_not("no-such.so"), "no-such.so: not a file");
  expect_says(why_not("/"), "/: not a file");
  expect_says(why_not("/proc/self/maps"), "/proc/self/maps: cannot be loaded: ");
  expect_says(why_not(object("allocator-no-table")), "defines no quire_allocator_table()");
  expect_says(
      why_not(object("allocator-old")),
      "its table has version 0, and this quire-check knows version 1");
  expect_says(why_not(object("allocator-partial")), "its table has no release()");
}

}  // namespace
}  // namespace quire::props
