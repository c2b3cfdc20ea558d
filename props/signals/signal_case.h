// A copy, the handlers of the program around it, and what befalls it: signals that are sent and
// faults of the program's own.
#pragma once

#include <rapidcheck/Gen.h>

#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace quire::props {

/// When something befalls the thread that copies.
enum class Moment {
  before,   ///< the copy
  at_step,  ///< after an instruction of the copy
  waiting,  ///< while the copy waits for a page that comes late
  after     ///< the copy
};

/// What it is. The host is the program around the copy.
enum class Deed {
  sends,   ///< the host sends a signal to this thread
  faults,  ///< the host's own code, or a handler of it that interrupts the copy, touches bad memory
  copies   ///< a handler of the host that interrupts the copy makes another, which ends short
};

/// An address, by the source and the target of the copy.
enum class Place {
  first,          ///< byte of the source
  inside,         ///< the source: its middle
  last,           ///< byte of the source
  one_before,     ///< the first byte of the source
  one_behind,     ///< the last byte of the source
  stop,           ///< the first byte that the copy cannot read; one_behind if it can read all
  target,         ///< the middle of the target
  before_target,  ///< the byte before it
  behind_target,  ///< the byte behind it
  last_fault,     ///< where the host has met its last fault
  nowhere         ///< a null pointer; of a fault: an address that is not canonical
};

struct Befalls {
  Moment moment = Moment::before;
  unsigned step = 0;  ///< of at_step: how many instructions of the kernel, or call, run before
  Deed deed = Deed::sends;
  int signal = 0;  ///< of sends
  int code = 0;    ///< of sends: si_code
  Place place = Place::first;
  bool by_thread = false;  ///< of sends: by another thread
};

/// In one case.
inline constexpr std::size_t kBefallsMax = 8;

/// An action of the host for both signals.
struct HostAction {
  enum class Kind {
    siginfo,  ///< SA_SIGINFO
    plain,
    ignores,    ///< SIG_IGN
    by_default  ///< SIG_DFL
  };
  Kind kind = Kind::siginfo;
  bool no_defer = false;  ///< SA_NODEFER
  bool once = false;      ///< SA_RESETHAND
  bool masks = false;     ///< its sa_mask has SIGUSR2
};

/// A second handler, that the host installs after libquire's.
enum class Later {
  none,
  below,         ///< install_fault_handler() was called again: libquire's is on top
  below_hands,   ///< the same, and it hands on what it gets
  on_top_hands,  ///< on top; hands on what it gets
  on_top         ///< on top; keeps everything
};

/// Where the source ends.
enum class Tail {
  no_access,    ///< PROT_NONE: SIGSEGV
  past_the_end  ///< of a file: SIGBUS
};

struct SignalCase {
  std::size_t kernel = 0;  ///< of copy_kernels()
  std::size_t bytes = 0, readable = 0;
  bool at_front = false;  ///< the source begins behind memory without access, and is whole
  Tail tail = Tail::no_access;
  std::size_t to_misalignment = 0;
  bool by_call = false;  ///< as a call of libquire copies, which looks at the handlers first
  bool blocked = false;  ///< the thread blocks the two signals while it copies
  HostAction host;
  Later later = Later::none;
  std::vector<Befalls> befalls;

  bool whole() const { return readable == bytes; }
};

/// Prints the case, for a report.
void showValue(const SignalCase& c, std::ostream& os);
std::string name_of(HostAction::Kind kind);
std::string name_of(Place place);

/// The case with what its parts do not allow together taken out of it: a host's fault while the
/// signals are blocked, say. waits: pages can come late.
SignalCase made_possible(SignalCase c, std::size_t kernels, bool waits);

/// Any possible case. kernels: how many there are.
rc::Gen<SignalCase> arbitrary_signal_case(std::size_t kernels, bool waits);

}  // namespace quire::props
