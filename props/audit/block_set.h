// Sets of block numbers, for an auditor that counts anew.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace quire::props {

/// Blocks [first, end).
struct BlockRun {
  std::uint64_t first;
  std::uint64_t end;
};

/// Adds a run, which is joined with the last one where that ends there.
void append(std::vector<BlockRun>& runs, BlockRun run);

/// Adds the runs of set bits of a bitmap; bit 0 is block `base`.
void append_bits(
    std::vector<BlockRun>& runs, std::span<const std::uint64_t> words, std::uint64_t base);

/// How many bits are set.
std::uint64_t count_bits(std::span<const std::uint64_t> words);

/// A set as sorted runs that do not touch.
class BlockSet {
 public:
  using Number = std::uint64_t;

  BlockSet() = default;
  /// runs: in any order; they may overlap.
  explicit BlockSet(std::vector<BlockRun> runs);

  Number count() const { return count_; }
  /// How often a run had a block that an earlier one had.
  Number again() const { return again_; }
  bool has(Number block) const;
  /// The blocks that are in the other set as well, or only here.
  BlockSet common(const BlockSet& other) const;
  BlockSet without(const BlockSet& other) const;
  /// How many blocks are not in the other set.
  Number outside(const BlockSet& other) const { return without(other).count(); }
  /// How many are at `block` or past it.
  Number from(Number block) const;

  const std::vector<BlockRun>& runs() const { return runs_; }

 private:
  void add(BlockRun run);  // behind all others

  std::vector<BlockRun> runs_;
  Number count_ = 0;
  Number again_ = 0;
};

}  // namespace quire::props
