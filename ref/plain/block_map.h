// A file's table from file block to device block.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace quire::ref {

/// A file block without an entry is a hole, or waits in the cache for its place. A place may be
/// unwritten: taken ahead of time, and read as zeroes until something is written there.
class BlockMap {
 public:
  /// The device block, written or not.
  std::optional<std::uint64_t> find(std::uint64_t file_block) const {
    const auto found = mappings_.find(file_block);
    if (found == mappings_.end()) return std::nullopt;
    return found->second.device_block;
  }

  /// The device block, if it holds what a reader must see.
  std::optional<std::uint64_t> find_written(std::uint64_t file_block) const {
    const auto found = mappings_.find(file_block);
    if (found == mappings_.end() || found->second.unwritten) return std::nullopt;
    return found->second.device_block;
  }

  /// The first file block at or past `file_block` whose device block is written.
  std::optional<std::uint64_t> next_written(std::uint64_t file_block) const {
    for (auto it = mappings_.lower_bound(file_block); it != mappings_.end(); ++it) {
      if (!it->second.unwritten) return it->first;
    }
    return std::nullopt;
  }

  void insert(std::uint64_t file_block, std::uint64_t device_block) {
    mappings_.insert_or_assign(file_block, Mapping{device_block, false});
  }
  void insert_unwritten(std::uint64_t file_block, std::uint64_t device_block) {
    mappings_.insert_or_assign(file_block, Mapping{device_block, true});
  }

  /// Forgets the file blocks [first, end). Returns the device blocks they had.
  std::vector<std::uint64_t> erase(std::uint64_t first, std::uint64_t end) {
    std::vector<std::uint64_t> freed;
    const auto from = mappings_.lower_bound(first);
    const auto to = mappings_.lower_bound(end);
    for (auto it = from; it != to; ++it) freed.push_back(it->second.device_block);
    mappings_.erase(from, to);
    return freed;
  }

  /// Forgets every file block from `file_block` on. Returns the device blocks they had.
  std::vector<std::uint64_t> erase_from(std::uint64_t file_block) {
    return erase(file_block, ~std::uint64_t{0});
  }

  /// Moves every entry from `first` on to the file block that is `shift` further, which may be
  /// negative. Requires that no entry lies where the first of them comes to lie, or between.
  void shift(std::uint64_t first, std::int64_t shift) {
    std::map<std::uint64_t, Mapping> moved(
        mappings_.begin(), mappings_.lower_bound(first));  // those before it stay
    for (auto it = mappings_.lower_bound(first); it != mappings_.end(); ++it) {
      moved.emplace(it->first + static_cast<std::uint64_t>(shift), it->second);
    }
    mappings_ = std::move(moved);
  }

 private:
  struct Mapping {
    std::uint64_t device_block;
    bool unwritten;
  };

  std::map<std::uint64_t, Mapping> mappings_;
};

}  // namespace quire::ref
