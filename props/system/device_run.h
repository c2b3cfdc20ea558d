// One case of device code: played on a machine, and compared with what its account says.
#pragma once

#include "props/judge/failure.h"
#include "props/system/device_case.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace quire::props {

/// How often runs have met each class of input; every class has a name.
class DeviceClasses {
 public:
  DeviceClasses();
  void count(const std::string& name) { ++seen_.at(name); }
  /// By the error of an opening.
  void count_refusal(int code, const std::string& text);
  std::vector<std::string> missing() const;
  std::vector<std::pair<std::string, std::uint64_t>> counts() const;

 private:
  std::map<std::string, std::uint64_t> seen_;
};

/// Opens the machine's file and plays the commands. What an opening, a read, a write or a flush
/// must answer follows from the answers of the system calls, as block_device.h says; which bytes
/// must lie in memory and on the disk from the runs.
std::optional<Failure> run_device_case(const DeviceCase& checked, DeviceClasses& classes);

}  // namespace quire::props
