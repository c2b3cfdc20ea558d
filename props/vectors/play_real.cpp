#include "props/vectors/play_real.h"

#include "props/judge/record_text.h"
#include "spec/geometry.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace quire::props {
namespace {

constexpr std::uint64_t kDeviceBytes = 16 << 20;

std::vector<std::string> texts_of(const LoopSteps& steps) {
  std::vector<std::string> texts;
  for (auto step : steps.iterator) {
    // A vector's memory is one piece; a real file's is cut into segments.
    step.before.here = step.after.here = 0;
    texts.push_back("iterator: " + record_text(step));
  }
  for (const auto& attempt : steps.attempts) texts.push_back("attempt: " + record_text(attempt));
  if (steps.call) texts.push_back("call: " + record_text(*steps.call));
  return texts;
}

}  // namespace

std::optional<Failure> differs(
    const std::string& subject, const LoopSteps& scripted, const LoopSteps& taken) {
  const auto wanted = texts_of(scripted), got = texts_of(taken);
  for (std::size_t i = 0; i < std::max(wanted.size(), got.size()); ++i) {
    const std::string expected = i < wanted.size() ? wanted[i] : "no further step";
    const std::string actual = i < got.size() ? got[i] : "no further step";
    if (expected == actual) continue;
    return Failure{
        "On a real file the loop takes the steps of its vector.", "GPW, proofs/vectors/vectors.cpp",
        subject, expected, actual};
  }
  return std::nullopt;
}

RealVectors::RealVectors()
    : ref_(make_ref_memory_factory(kDeviceBytes, spec::kBlockSizeMin)),
      impl_(make_impl_memory_factory(kDeviceBytes, spec::kBlockSizeMin)),
      both_({ref_.get(), impl_.get()}, nullptr),
      ref_alone_({ref_.get()}, nullptr),
      impl_alone_({impl_.get()}, nullptr) {}

std::optional<Failure> RealVectors::play(
    const Vector& vector, const RealForm& form, const Case& made) {
  const std::string subject = vector.run.substr(0, vector.run.find('.'));
  // Memory that moves does so at the accesses of one loop.
  const bool alone = !made.commands.back().ends.empty();
  Lockstep& run = !alone ? both_ : subject == "ref" ? ref_alone_ : impl_alone_;
  if (auto failure = run.run(made)) return failure;
  // Folios of several pages take fewer steps.
  if (subject == "impl" && made.setting.folio_max != spec::kPageSize) return std::nullopt;
  return differs(subject, form.scripted.steps, run.steps(subject));
}

}  // namespace quire::props
