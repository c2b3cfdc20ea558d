// A file's table from file block to device block.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace quire::ref {

/// A file block without an entry is a hole, or waits in the cache for its place.
class BlockMap {
 public:
  std::optional<std::uint64_t> find(std::uint64_t file_block) const {
    const auto found = places_.find(file_block);
    if (found == places_.end()) return std::nullopt;
    return found->second;
  }

  void insert(std::uint64_t file_block, std::uint64_t device_block) {
    places_.insert_or_assign(file_block, device_block);
  }

  /// Forgets every file block from `file_block` on. Returns the device blocks they had.
  std::vector<std::uint64_t> erase_from(std::uint64_t file_block) {
    std::vector<std::uint64_t> freed;
    const auto first = places_.lower_bound(file_block);
    for (auto it = first; it != places_.end(); ++it) freed.push_back(it->second);
    places_.erase(first, places_.end());
    return freed;
  }

 private:
  std::map<std::uint64_t, std::uint64_t> places_;
};

}  // namespace quire::ref
