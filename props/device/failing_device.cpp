#include "props/device/failing_device.h"

#include "props/memory/poison.h"

#include <algorithm>
#include <cstring>
#include <vector>

namespace quire::props {
namespace {

std::uint64_t length_of(const DeviceRun& run) {
  std::uint64_t bytes = 0;
  for (const iovec& segment : run.segments) bytes += segment.iov_len;
  return bytes;
}

void poison(const DeviceRun& run) {
  for (const iovec& segment : run.segments)
    std::memset(segment.iov_base, static_cast<int>(kPoison), segment.iov_len);
}

}  // namespace

int FailingDevice::read(std::span<const DeviceRun> runs) {
  int first_error = 0;
  std::vector<DeviceRun> sound;
  for (const DeviceRun& run : runs) {
    const std::uint64_t bytes = length_of(run);
    const int error = faults_.strike(FaultKind::read, run.device_pos, bytes);
    faults_.note({FaultKind::read, run.device_pos, bytes, error});
    if (error == 0) sound.push_back(run);
    if (first_error == 0) first_error = error;
  }
  const int error = sound.empty() ? 0 : device_.read(sound);
  if (first_error == 0) first_error = error;
  if (first_error != 0) std::ranges::for_each(runs, poison);
  return first_error;
}

void FailingDevice::write(std::span<const DeviceRun> runs, std::span<int> results) {
  std::vector<DeviceRun> sound;
  std::vector<int> sound_results;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    results[i] = faults_.strike(FaultKind::write, runs[i].device_pos, length_of(runs[i]));
    if (results[i] == 0) {
      sound.push_back(runs[i]);
    } else {
      tear(runs[i]);
    }
  }
  sound_results.resize(sound.size());
  if (!sound.empty()) device_.write(sound, sound_results);
  auto result = sound_results.begin();
  const std::uint64_t call = faults_.next_call();
  for (std::size_t i = 0; i < runs.size(); ++i) {
    if (results[i] == 0) results[i] = *result++;
    faults_.note({FaultKind::write, runs[i].device_pos, length_of(runs[i]), results[i], call});
  }
}

void FailingDevice::tear(const DeviceRun& run) {
  const std::uint64_t sector = device_.sector_size();
  if (length_of(run) == sector) return;
  const iovec first{run.segments[0].iov_base, sector};
  const DeviceRun part{run.device_pos, {&first, 1}};
  int ignored = 0;
  device_.write({&part, 1}, {&ignored, 1});
}

int FailingDevice::flush() {
  int error = faults_.strike(FaultKind::flush, 0, 0);
  if (error == 0) error = device_.flush();
  faults_.note({FaultKind::flush, 0, 0, error});
  return error;
}

int FailingRefDevice::read(std::uint64_t pos, std::span<std::byte> to) {
  int error = faults_.strike(FaultKind::read, pos, to.size());
  if (error == 0) {
    error = device_.read(pos, to);
  } else {
    std::ranges::fill(to, kPoison);
  }
  const bool damaged = error == 0 && faults_.damages(pos, to.size());
  if (damaged) std::ranges::fill(to.subspan(faults_.damaged_from()), kPoison);
  faults_.note({FaultKind::read, pos, to.size(), damaged ? faults_.damage_error() : error});
  return error;
}

int FailingRefDevice::write(std::uint64_t pos, std::span<const std::byte> from) {
  int error = faults_.strike(FaultKind::write, pos, from.size());
  if (error == 0) {
    error = device_.write(pos, from);
  } else if (sector_size() < from.size()) {
    (void)device_.write(pos, from.first(sector_size()));
  }
  faults_.note({FaultKind::write, pos, from.size(), error});
  return error;
}

int FailingRefDevice::flush() {
  int error = faults_.strike(FaultKind::flush, 0, 0);
  if (error == 0) error = device_.flush();
  faults_.note({FaultKind::flush, 0, 0, error});
  return error;
}

}  // namespace quire::props
