// A model of impl/user_memory/copy/kernel_x86.inc: its loads and stores, step by step, over a word.
//
// Assembly cannot run on symbolic words. The model follows the kernel line by line.
// copy_proofs.cpp proves it for all lengths and addresses, and
// tests/impl/user_memory/copy/copy_kernel_test.cpp runs the assembly one instruction at a time and
// compares its accesses with those of the model, in order.
#pragma once

#include "impl/user_memory/copy/ranges.h"
#include "spec/word.h"

#include <array>
#include <cstdint>

namespace quire::proofs {

/// VECTOR and BLOCK of a target of the kernel, bytes.
struct KernelShape {
  std::uint64_t vector;
  std::uint64_t block;
};
inline constexpr std::array kKernelShapes{
    KernelShape{16, 128}, KernelShape{32, 256}, KernelShape{64, 256}};

/// The register in which the head of a long copy waits for the first block.
inline constexpr unsigned kHeadRegister = 8;

/// From how many bytes on stream() stores past the caches.
inline constexpr std::uint64_t kStreamMin = 1024;

/// The accesses of a copy of `n` bytes to an address, by their offsets from its start. Accesses
/// receives each, in order:
///
/// - load(r, offset, size), store(r, offset, size): of register r.
/// - stream(r, offset, size): a non-temporal store, at a multiple of its size.
/// - block(): after a fault from here on, the copy restarts at this block.
template <spec::Word W, class Accesses>
class CopyKernel {
 public:
  CopyKernel(const KernelShape& shape, const W& to, const W& n, Accesses& accesses)
      : shape_(shape), to_(to), n_(n), accesses_(accesses) {}

  /// quire_copy_<target>
  void copy() {
    if (n_ <= shape_.block) return all_at_once();
    in_blocks(false);
  }

  /// quire_stream_<target>
  void stream() {
    if (n_ < kStreamMin) return copy();
    in_blocks(true);
  }

  /// Up to a block everything is loaded, then stored: as many registers from the start as up to the
  /// end, which overlap.
  void all_at_once() {
    accesses_.block();
    if (n_ < shape_.vector) {
      for (std::uint64_t size = shape_.vector / 2; size >= 2; size /= 2) {
        if (n_ >= size) return both_ends(size, 1);
      }
      if (n_ == 0) return;
      accesses_.load(0, W{0}, 1);
      accesses_.store(0, W{0}, 1);
      return;
    }
    std::uint64_t registers = 1;
    while (n_ > 2 * registers * shape_.vector) registers *= 2;
    both_ends(shape_.vector, registers);
  }

  /// A head and the first block, or the last one if the rest is no longer: one block for a fault.
  /// Returns where the next begins, n if there is none. Requires n > block.
  W first_block(bool streams) {
    accesses_.block();
    accesses_.load(kHeadRegister, W{0}, shape_.vector);
    const W head = impl::bytes_to_multiple(to_, W{shape_.vector});
    const bool is_last = static_cast<bool>(n_ - head <= shape_.block);
    const W at = is_last ? n_ - shape_.block : head;
    load_block(at);
    accesses_.store(kHeadRegister, W{0}, shape_.vector);
    store_block(at, streams && !is_last);
    return is_last ? n_ : at + shape_.block;
  }

  /// The block at `at`, or the last one, which ends at n. Returns where the next begins.
  W next_block(const W& at, bool streams) {
    accesses_.block();
    const bool is_last = static_cast<bool>(n_ - at <= shape_.block);
    const W from = is_last ? n_ - shape_.block : at;
    load_block(from);
    store_block(from, streams && !is_last);
    return is_last ? n_ : at + shape_.block;
  }

 private:
  void in_blocks(bool streams) {
    W at = first_block(streams);
    while (at != n_) at = next_block(at, streams);
  }

  void both_ends(std::uint64_t size, std::uint64_t registers) {
    const auto each = [&](auto access) {
      for (std::uint64_t i = 0; i < registers; ++i) access(i, W{i * size});
      for (std::uint64_t i = 0; i < registers; ++i) {
        access(registers + i, n_ - (registers - i) * size);
      }
    };
    each([&](std::uint64_t r, const W& at) { accesses_.load(r, at, size); });
    each([&](std::uint64_t r, const W& at) { accesses_.store(r, at, size); });
  }

  void load_block(const W& at) {
    for (std::uint64_t i = 0; i < shape_.block / shape_.vector; ++i) {
      accesses_.load(i, at + i * shape_.vector, shape_.vector);
    }
  }

  void store_block(const W& at, bool streams) {
    for (std::uint64_t i = 0; i < shape_.block / shape_.vector; ++i) {
      if (streams) {
        accesses_.stream(i, at + i * shape_.vector, shape_.vector);
      } else {
        accesses_.store(i, at + i * shape_.vector, shape_.vector);
      }
    }
  }

  const KernelShape shape_;
  const W to_, n_;
  Accesses& accesses_;
};

}  // namespace quire::proofs
