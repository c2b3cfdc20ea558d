// The suite that compares ref and impl on a device.
#include "props/device/loop_device.h"
#include "props/differential/large_devices.h"
#include "props/suites/run_lockstep.h"
#include "props/suites/suites.h"

#include <stdexcept>

namespace quire::props {
namespace {

constexpr std::uint64_t kDeviceBytes = 16 << 20;  // of a loop device
/// Of a device in memory, which has only what was written: room for every volume of a case.
constexpr std::uint64_t kMemoryDeviceBytes = kLargeDeviceBytes + kDeviceBytes;

/// The devices of one run: a loop device for each subject, made here, or the one that the user
/// named.
struct DeviceSetup {
  std::vector<LoopDevice> loops;  // outlive the factories
  std::vector<std::unique_ptr<SubjectFactory>> factories;
  std::string device;

  std::vector<SubjectFactory*> all() const {
    std::vector<SubjectFactory*> pointers;
    for (const auto& factory : factories) pointers.push_back(factory.get());
    return pointers;
  }
};

/// impl always runs with ref, which has its own memory or loop device. A path is impl's, with ref
/// in memory; or ref's, for ref alone.
DeviceSetup set_up_devices(const Options& options, std::uint32_t sector_size) {
  const bool ref_alone = options.subject == "ref";
  DeviceSetup made;
  made.device = options.device;
  if (options.device == "memory") {
    made.factories.push_back(make_ref_memory_factory(kMemoryDeviceBytes, sector_size));
    if (!ref_alone)
      made.factories.push_back(make_impl_memory_factory(kMemoryDeviceBytes, sector_size));
  } else if (options.device == "loop") {
    const std::size_t count = ref_alone ? 1 : 2;
    for (std::size_t i = 0; i < count; ++i) {
      auto loop = LoopDevice::attach(kDeviceBytes, sector_size);
      if (!loop) throw CannotRun{loop.error().what};
      made.loops.push_back(std::move(*loop));
    }
    made.factories.push_back(make_ref_path_factory(made.loops[0].path()));
    if (!ref_alone) made.factories.push_back(make_impl_path_factory(made.loops[1].path()));
    made.device = made.loops.back().path();
  } else if (ref_alone) {
    made.factories.push_back(make_ref_path_factory(options.device));
  } else {
    auto factory = make_impl_path_factory(options.device);
    made.factories.push_back(make_ref_memory_factory(
        factory->device_bytes(), static_cast<std::uint32_t>(factory->sector_size())));
    made.factories.push_back(std::move(factory));
  }
  return made;
}

SuiteResult run_on_device(
    const std::string& suite, const Options& options, std::uint32_t sector_size) {
  SuiteResult result{.suite = suite};
  try {
    const DeviceSetup setup = set_up_devices(options, sector_size);
    if (const std::uint64_t has = setup.factories.back()->sector_size(); has != sector_size) {
      result.verdict = Verdict::skipped;
      result.reason = setup.device + " has sectors of " + std::to_string(has) + " bytes";
    } else {
      result = run_lockstep(suite, setup.all(), options);
    }
    result.device = setup.device;
  } catch (const std::invalid_argument&) {
    throw;  // bad usage
  } catch (const std::runtime_error& e) {
    throw CannotRun{e.what()};
  }
  return result;
}

Suite lockstep_on(std::uint32_t sector_size) {
  const std::string name = "lockstep-" + std::to_string(sector_size);
  return {
      name,
      "Any commands, from any memory, on a device of " + std::to_string(sector_size) +
          "-byte sectors: ref and impl answer alike, lose no byte, and keep every clause.",
      "GPW, WB, IFS, IT, LK, O1 to O7",
      [=](const Options& options) { return run_on_device(name, options, sector_size); },
      true,
      true};
}

}  // namespace

std::vector<Suite> lockstep_suites() { return {lockstep_on(512), lockstep_on(4096)}; }

}  // namespace quire::props
