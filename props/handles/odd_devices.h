// Devices of a program's own, which do what they should not.
#pragma once

#include "props/device/memory_device.h"
#include "props/handles/handle_case.h"

#include <quire/block_device.h>

#include <cstddef>
#include <cstdint>
#include <new>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace quire::props {

/// A device of the program's over one in memory.
class OddDevice final : public BlockDevice {
 public:
  OddDevice(const HandleCase& c, bool* destroyed)
      : case_(c), memory_(std::uint64_t{2} << 20, 512), destroyed_(destroyed) {}
  ~OddDevice() override { *destroyed_ = true; }

  std::uint64_t size() const override {
    if (case_.odd == OddOpening::size) throw std::runtime_error("size");
    if (case_.odd == OddOpening::size_no_memory) throw std::bad_alloc();
    return case_.device_bytes;
  }
  std::uint32_t sector_size() const override {
    if (case_.odd == OddOpening::sector_size) throw std::runtime_error("sector size");
    return case_.sector_size;
  }
  const std::string& name() const override {
    if (case_.odd == OddOpening::name) throw std::runtime_error("name");
    return name_;
  }
  int read(std::span<const DeviceRun> runs) override {
    ++calls;
    return memory_.read(runs);
  }
  void write(std::span<const DeviceRun> runs, std::span<int> results) override {
    ++calls;
    memory_.write(runs, results);
  }
  int flush() override {
    ++calls;
    return memory_.flush();
  }
  const MemoryDevice& memory() const { return memory_; }

  std::uint64_t calls = 0;

 private:
  const HandleCase& case_;
  MemoryDevice memory_;
  bool* destroyed_;
  std::string name_ = "odd";
};

/// A device that does with each run what the case says.
class AnsweringDevice final : public BlockDevice {
 public:
  explicit AnsweringDevice(const std::vector<OddAnswer>& answers) : answers_(answers) {}
  std::uint64_t size() const override { return 4096; }
  std::uint32_t sector_size() const override { return 512; }
  const std::string& name() const override { return name_; }
  int read(std::span<const DeviceRun>) override { return answer(0, 0); }
  void write(std::span<const DeviceRun> runs, std::span<int> results) override {
    for (std::size_t i = 0; i < runs.size(); ++i) results[i] = answer(i, results[i]);
  }
  int flush() override { return answer(0, 0); }
  bool stable_writes() const override { return answers_.size() % 2 == 1; }

 private:
  int answer(std::size_t run, int unset) const {
    const OddAnswer& a = answers_[run];
    if (a.kind == OddAnswer::no_memory) throw std::bad_alloc();
    if (a.kind == OddAnswer::throws) throw 1;
    return a.kind == OddAnswer::sets_nothing ? unset : a.answer;
  }
  const std::vector<OddAnswer>& answers_;
  std::string name_;
};

}  // namespace quire::props
