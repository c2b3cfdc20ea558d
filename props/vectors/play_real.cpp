#include "props/vectors/play_real.h"

#include "spec/geometry.h"
#include "spec/reflect.h"

#include <fmt/format.h>

#include <cstdint>
#include <utility>
#include <vector>

namespace quire::props {
namespace {

constexpr std::uint64_t kDeviceBytes = 16 << 20;

template <class Record>
std::string text_of(const Record& record) {
  std::string text;
  spec::for_each_leaf(record, [&](const std::string& name, std::uint64_t value) {
    text +=
        fmt::format("{}{} = {}", text.empty() ? "" : ", ", name, static_cast<std::int64_t>(value));
  });
  return text;
}

std::vector<std::string> texts_of(const LoopSteps& steps) {
  std::vector<std::string> texts;
  for (const auto& attempt : steps.attempts) texts.push_back("attempt: " + text_of(attempt));
  if (steps.call) texts.push_back("call: " + text_of(*steps.call));
  return texts;
}

}  // namespace

std::optional<Failure> differs(
    const std::string& subject, const LoopSteps& told, const LoopSteps& taken) {
  const auto wanted = texts_of(told), got = texts_of(taken);
  for (std::size_t i = 0; i < std::max(wanted.size(), got.size()); ++i) {
    const std::string expected = i < wanted.size() ? wanted[i] : "no further step";
    const std::string actual = i < got.size() ? got[i] : "no further step";
    if (expected == actual) continue;
    return Failure{
        "On a real file the loop takes the steps of its vector.", "GPW, proofs/vectors.cpp",
        subject, expected, actual};
  }
  return std::nullopt;
}

RealVectors::RealVectors()
    : ref_(make_ref_memory_bed(kDeviceBytes, spec::kBlockSizeMin)),
      impl_(make_impl_memory_bed(kDeviceBytes, spec::kBlockSizeMin)),
      both_({ref_.get(), impl_.get()}, nullptr) {}

std::optional<Failure> RealVectors::play(
    const Vector& vector, const RealForm& form, const Case& made) {
  if (auto failure = both_.run(made)) return failure;
  const std::string subject = vector.run.substr(0, vector.run.find('.'));
  // Folios of several pages take fewer steps.
  if (subject == "impl" && made.setting.folio_max != spec::kPageSize) return std::nullopt;
  return differs(subject, form.told.steps, both_.steps(subject));
}

}  // namespace quire::props
