#include "impl/device/guarded_device.h"

#include "impl/process/no_cancel.h"
#include "impl/record.h"

#include <algorithm>
#include <cerrno>
#include <new>

namespace quire::impl {
namespace {

constexpr int kErrnoMax = 4095;  // errno(3): the largest that Linux hands out

/// An answer of the device, or -EIO where it is none that it may give.
int in_contract(int answer) { return -kErrnoMax <= answer && answer <= 0 ? answer : -EIO; }

/// The answer of call(), or the errno for the exception that it throws.
template <class Call>
int answer_of(Call&& call) noexcept {
  const NoCancel no_cancel;  // a cancellation unwinds as an exception that must not be caught
  try {
    return in_contract(call());
  } catch (const std::bad_alloc&) {
    return -ENOMEM;
  } catch (...) {
    return -EIO;
  }
}

/// A call of the device: at its begin and its end another thread may have its turn.
struct DeviceCall {
  DeviceCall() {
    in_turns([](auto& turns) { turns.device_io(); });
  }
  DeviceCall(const DeviceCall&) = delete;
  DeviceCall& operator=(const DeviceCall&) = delete;
  ~DeviceCall() {
    in_turns([](auto& turns) { turns.device_io(); });
  }
};

}  // namespace

int GuardedDevice::read(std::span<const DeviceRun> runs) noexcept {
  const DeviceCall call;
  return answer_of([&] { return device_->read(runs); });
}

void GuardedDevice::write(std::span<const DeviceRun> runs, std::span<int> results) noexcept {
  constexpr int kUnset = 1;  // out of contract, as a result that the device forgets to set
  std::ranges::fill(results, kUnset);
  const DeviceCall call;
  const int thrown = answer_of([&] {
    device_->write(runs, results);
    return 0;
  });
  for (int& result : results) result = thrown != 0 ? thrown : in_contract(result);
}

int GuardedDevice::flush() noexcept {
  const DeviceCall call;
  return answer_of([&] { return device_->flush(); });
}

}  // namespace quire::impl
