// On the host: the memory of a call, described so that the player can lay it out alike.
#pragma once

#include "props/guest/protocol.h"

#include <sys/uio.h>

#include <cstddef>
#include <span>
#include <vector>

namespace quire::props::guest {

/// The segments of a call in this process, in pieces that are there or not.
class CallerMemory {
 public:
  /// Finds the readable pages, and waits for those that are supplied late. Throws std::system_error
  /// if this process may not read its own memory by process_vm_readv(2).
  explicit CallerMemory(std::span<const iovec> segments);

  std::span<const Piece> pieces() const { return pieces_; }
  /// The pieces that are there, in order, and their bytes together.
  std::span<const std::span<std::byte>> there() const { return there_; }
  std::uint64_t bytes() const { return bytes_; }

 private:
  void add(const iovec& segment);
  void add_piece(std::byte* data, std::size_t bytes, bool is_first, bool is_there);

  std::vector<Piece> pieces_;
  std::vector<std::span<std::byte>> there_;
  std::uint64_t bytes_ = 0;
};

}  // namespace quire::props::guest
