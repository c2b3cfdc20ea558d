// What lies behind a range of a file, as its file system tells iomap.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace quire::ref::iomap {

enum class Kind : std::uint8_t {
  hole,         ///< no space; reads as zero
  delalloc,     ///< space is promised, without a place
  mapped,       ///< a place on the device, with the file's bytes on it
  unwritten,    ///< a place on the device; reads as zero until it is converted
  inline_data,  ///< the bytes stand in the inode itself
};

inline constexpr std::uint64_t kNoDevicePos = ~std::uint64_t{0};

/// One range of a file and what is behind it (Linux: struct iomap).
struct Mapping {
  Kind kind = Kind::hole;
  std::uint64_t pos = 0;                    ///< bytes of the file
  std::uint64_t length = 0;                 ///< bytes
  std::uint64_t device_pos = kNoDevicePos;  ///< bytes of the device; for mapped and unwritten
  bool is_new = false;       ///< reserved or allocated by the begin that answers it, all of it
  bool is_shared = false;    ///< in the CoW fork: other files share what it will replace
  bool is_stale = false;     ///< found to be out of date after a folio was locked (IOM-2)
  std::uint64_t cookie = 0;  ///< the file system's: tells whether it still holds
  std::span<std::byte> inline_bytes{};  ///< for inline_data: the room in the inode

  std::uint64_t end() const { return pos + length; }
};

/// What a caller of begin is about (Linux: IOMAP_WRITE and its companions).
struct Request {
  bool write = false;    ///< bytes will be changed
  bool nowait = false;   ///< answer EAGAIN instead of waiting (IOM-6)
  bool zero = false;     ///< a range is to read as zero
  bool unshare = false;  ///< a shared range is to get space of its own
  bool fault = false;    ///< a page of a mapping is about to be written
};

}  // namespace quire::ref::iomap
