// The suite of devices behind paths, on a machine whose system calls are drawn.
#include "props/suites/run_cases.h"
#include "props/suites/suites.h"
#include "props/system/device_run.h"

namespace quire::props {
namespace {

SuiteResult run_devices(const Options& options) {
  SuiteResult result{.suite = "devices", .device = "none"};
  DeviceClasses classes;
  const auto failed = run_cases(
      "devices", options, arbitrary_device_case(),
      [&](const DeviceCase& c) {
        result.commands += c.commands.size();
        return run_device_case(c, classes);
      },
      result.cases);
  result.coverage = classes.counts();
  result.missing = demanded(options, classes.missing());
  if (failed) report(result, *failed);
  return result;
}

}  // namespace

std::vector<Suite> device_suites() {
  return {
      {"devices",
       "Whatever the system calls under a device answer, opening it, its reads, its writes and its "
       "flushes answer what follows from that, and each byte of a run that succeeds is moved.",
       "DEV-1, DEV-2, DEV-4", run_devices, false, true}};
}

}  // namespace quire::props
