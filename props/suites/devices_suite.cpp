// The suite of devices behind paths, on a machine whose system calls are drawn.
#include "props/suites/run_account.h"
#include "props/suites/suites.h"
#include "props/system/device_run.h"

namespace quire::props {
namespace {

SuiteResult run_devices(const Options& options) {
  return run_account(
      {.suite = "devices", .device = "none"}, options, arbitrary_device_case(), device_classes(),
      run_device_case);
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
