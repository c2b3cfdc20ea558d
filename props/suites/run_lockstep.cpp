#include "props/suites/run_lockstep.h"

#include "props/differential/large_devices.h"
#include "props/lockstep/aim.h"
#include "props/lockstep/arbitrary.h"
#include "props/lockstep/lockstep.h"
#include "props/suites/run_differential.h"
#include "spec/geometry.h"

#include <algorithm>
#include <optional>

namespace quire::props {
namespace {

/// Of the smallest device.
std::uint64_t device_bytes_of(const std::vector<SubjectFactory*>& factories) {
  std::uint64_t bytes = factories.front()->device_bytes();
  for (const SubjectFactory* factory : factories) bytes = std::min(bytes, factory->device_bytes());
  return bytes;
}

/// The bounds of a case that fits on every device.
Bounds bounds_of(const std::vector<SubjectFactory*>& factories) {
  const std::uint64_t bytes = device_bytes_of(factories);
  if (bytes < kDeviceBytesMin) {
    throw CannotRun{
        "the device has " + std::to_string(bytes) + " bytes; cases need " +
        std::to_string(kDeviceBytesMin)};
  }
  const auto sector = std::max<std::uint64_t>(factories.back()->sector_size(), 512);
  return {bytes, sector, supplies_memory_late()};
}

}  // namespace

SuiteResult run_lockstep(
    const std::string& suite, const std::vector<SubjectFactory*>& factories,
    const Options& options) {
  const bool has_impl = options.subject != "ref";
  Coverage coverage(
      factories.back()->sector_size() < spec::kPageSize, has_impl,
      device_bytes_of(factories) >= kLargeDeviceBytes,
      has_impl && factories.back()->shows_medium());
  Lockstep lockstep(factories, &coverage);
  std::optional<Bounds> bounds;  // a replay needs none
  const auto any = [&] {
    bounds = bounds_of(factories);
    return arbitrary_case(*bounds);
  };
  const auto aims = [&] {
    std::vector<rc::Gen<Case>> cases;
    for (const InputClass& missing : coverage.missing())
      cases.push_back(case_for(missing, *bounds));
    return cases;
  };
  const auto missing = [&] {
    std::vector<std::string> names;
    for (const InputClass& each : coverage.missing()) names.push_back(name_of(each));
    return names;
  };
  SuiteResult result = run_differential(suite, options, lockstep, {any, aims, missing});
  result.coverage = coverage.counts();
  return result;
}

}  // namespace quire::props
