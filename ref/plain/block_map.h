// A file's table from file block to device block.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace quire::ref {

/// A file block without a mapping is a hole, or is delayed: dirty in the cache and not yet
/// allocated. A mapping may be unwritten: allocated ahead of the data, it reads as zeroes until it
/// is written.
class BlockMap {
 public:
  struct Mapping {
    std::uint64_t device_block;
    bool unwritten;
  };

  /// All of them, by file block.
  const std::map<std::uint64_t, Mapping>& mappings() const { return mappings_; }

  /// The device block, written or not.
  std::optional<std::uint64_t> find(std::uint64_t file_block) const {
    const auto found = mappings_.find(file_block);
    if (found == mappings_.end()) return std::nullopt;
    return found->second.device_block;
  }

  /// The device block, if it is written.
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

  /// Removes the mappings of file blocks [first, end). Returns their device blocks.
  std::vector<std::uint64_t> erase(std::uint64_t first, std::uint64_t end) {
    std::vector<std::uint64_t> freed;
    const auto from = mappings_.lower_bound(first);
    const auto to = mappings_.lower_bound(end);
    for (auto it = from; it != to; ++it) freed.push_back(it->second.device_block);
    mappings_.erase(from, to);
    return freed;
  }

  /// The same for every file block from `file_block` on.
  std::vector<std::uint64_t> erase_from(std::uint64_t file_block) {
    return erase(file_block, ~std::uint64_t{0});
  }

  /// Moves every mapping from `first` on by `shift` file blocks, which may be negative. Requires
  /// that the file blocks it moves over have no mapping.
  void shift(std::uint64_t first, std::int64_t shift) {
    std::map<std::uint64_t, Mapping> moved(
        mappings_.begin(), mappings_.lower_bound(first));  // those before it stay
    for (auto it = mappings_.lower_bound(first); it != mappings_.end(); ++it) {
      moved.emplace(it->first + static_cast<std::uint64_t>(shift), it->second);
    }
    mappings_ = std::move(moved);
  }

 private:
  std::map<std::uint64_t, Mapping> mappings_;
};

}  // namespace quire::ref
