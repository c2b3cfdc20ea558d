// The space behind a range of a file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace quire::ref::iomap {

enum class Kind : std::uint8_t {
  hole,         ///< no space; reads as zero
  delalloc,     ///< space is reserved, and not yet allocated
  mapped,       ///< blocks of the device that hold the file's bytes
  unwritten,    ///< blocks of the device; reads as zero until it is converted
  inline_data,  ///< the bytes are in the inode itself
};

inline constexpr std::uint64_t kNoDevicePos = ~std::uint64_t{0};

/// One range of a file and its space (Linux: struct iomap).
struct Mapping {
  Kind kind = Kind::hole;
  std::uint64_t pos = 0;                    ///< bytes of the file
  std::uint64_t length = 0;                 ///< bytes
  std::uint64_t device_pos = kNoDevicePos;  ///< bytes of the device; for mapped and unwritten
  bool is_new = false;       ///< reserved or allocated by the begin that answers it, as a whole
  bool is_shared = false;    ///< in the CoW fork: other files share the blocks that it will replace
  bool is_stale = false;     ///< found to be out of date after a folio was locked (IOM-2)
  std::uint64_t cookie = 0;  ///< the file system's; changes when the mapping is no longer valid
  std::span<std::byte> inline_bytes{};  ///< for inline_data: the room in the inode

  std::uint64_t end() const { return pos + length; }
};

/// The purpose of a begin (Linux: IOMAP_WRITE and its companions).
struct Request {
  bool write = false;    ///< bytes will be changed
  bool nowait = false;   ///< answer EAGAIN instead of waiting (IOM-6)
  bool zero = false;     ///< a range is to read as zero
  bool unshare = false;  ///< a shared range is to get space of its own
  bool fault = false;    ///< a page of a mapping is about to be written
};

}  // namespace quire::ref::iomap
