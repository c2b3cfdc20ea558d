// One case of handles: played on libquire, and compared with a plain account.
#pragma once

#include "props/handles/handle_case.h"
#include "props/judge/failure.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace quire::props {

/// How often runs have met each class of input; every class has a name.
class HandleClasses {
 public:
  HandleClasses();
  void count(const char* name) { ++seen_.at(name); }
  std::vector<std::string> missing() const;
  std::vector<std::pair<std::string, std::uint64_t>> counts() const;

 private:
  std::map<std::string, std::uint64_t> seen_;
};

/// Opens the volume and plays the commands. The account knows which handle is open, closed or moved
/// from, its position, and the bytes of each file; volume.h says what each call answers.
std::optional<Failure> run_handle_case(const HandleCase& checked, HandleClasses& classes);

}  // namespace quire::props
