// The protocol between quire-check and the player in a guest, over a stream of bytes.
//
// The player speaks first: an Answer to Call::greet. From then on each Request is followed by its
// Answer. Both ends run on x86-64 and are built from this header; a version that differs is
// refused.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace quire::props::guest {

inline constexpr std::uint32_t kMagic = 0x65726971;  // "qire"
inline constexpr std::uint16_t kVersion = 1;

/// Of all segments of one call together, bytes.
inline constexpr std::uint64_t kBytesMax = std::uint64_t{64} << 20;
/// Pieces of one call. Linux takes 1024 segments (IOV_MAX).
inline constexpr std::uint32_t kPiecesMax = 16384;
inline constexpr std::uint32_t kSegmentsMax = 1024;

/// The requested call: one of props/peers/files.h, by the same name. A new one gets a new number
/// behind the others; a player that does not know it answers -ENOSYS.
enum class Call : std::uint16_t {
  greet,         ///< does nothing; the answer's bytes are the release of the player's kernel
  clear,         ///< closes and removes every file
  look,          ///< does nothing; each answer has the size and the positions
  write,         ///< pwritev2(2); `flags` are RWF_*
  read,          ///< preadv2(2); the answer carries the bytes that it stored
  write_mapped,  ///< of `length` bytes of `source` from `from` on
  fsync,
  fdatasync,
  syncfs,
  truncate,            ///< to `length`
  fallocate,           ///< `flags` is the mode; `at`, `length`
  clone,               ///< of `length` bytes of `source` from `from` on, to `at`
  seek,                ///< by `at`; `flags` is the whence
  drop_cache,          ///< of the file
  reopen,              ///< the handle
  fill,                ///< the volume, but for `length` bytes
  release,             ///< the space that fill took
  failed = 0xfffe,     ///< of answers alone: it could not be carried out, the bytes say why
  violation = 0xffff,  ///< of answers alone: the request breaks this protocol, the bytes say how;
                       ///< the player ends
};

/// A file has handles 0, 1, 2 and an observer (props/peers/files.h).
inline constexpr std::uint32_t kHandles = 4;
/// Of Request::limit: none.
inline constexpr std::uint64_t kNoLimit = ~std::uint64_t{0};

/// Followed by `pieces` times Piece, then by `bytes` bytes: of a write, the bytes of the readable
/// pieces, in order.
struct Request {
  std::uint32_t magic = kMagic;
  std::uint16_t version = kVersion;
  Call call = Call::greet;
  std::uint64_t file = 0;  ///< its number; the first request for it creates it
  std::uint32_t handle = 0;
  std::int32_t flags = 0;
  std::int64_t at = 0;             ///< byte of the file, or -1 for the handle's position
  std::int64_t length = 0;         ///< bytes
  std::uint64_t source = 0;        ///< a file
  std::int64_t from = 0;           ///< byte of the source
  std::uint64_t limit = kNoLimit;  ///< RLIMIT_FSIZE during the call, bytes
  std::uint32_t pieces = 0;
  std::uint32_t reserved = 0;
  std::uint64_t bytes = 0;
};

/// A piece of the caller's memory, all of it there or all of it without access. The pieces of one
/// segment follow one another, and meet at the edge of a page.
struct Piece {
  std::uint64_t bytes = 0;    ///< 0 for an empty segment
  std::uint16_t in_page = 0;  ///< of its first byte, modulo a page
  std::uint8_t is_first = 0;  ///< 1: a segment begins here
  std::uint8_t is_there = 0;  ///< 0: an access to it gets EFAULT
  std::uint32_t reserved = 0;
};

/// Followed by `bytes` bytes.
struct Answer {
  std::uint32_t magic = kMagic;
  std::uint16_t version = kVersion;
  Call call = Call::greet;  ///< that of the request
  std::int64_t result = 0;  ///< as the system call's, with a negative errno for -1
  std::int64_t size = 0;    ///< of the file after the call; bytes, or a negative errno
  std::array<std::int64_t, kHandles> positions{};  ///< of its handles after the call
  std::uint64_t signal = 0;                        ///< 1: SIGXFSZ has come
  std::uint64_t strays = 0;  ///< bytes that a read changed outside of its memory
  std::uint64_t bytes = 0;
};

static_assert(sizeof(Request) == 80 && std::is_trivially_copyable_v<Request>);
static_assert(sizeof(Piece) == 16 && std::is_trivially_copyable_v<Piece>);
static_assert(sizeof(Answer) == 80 && std::is_trivially_copyable_v<Answer>);

}  // namespace quire::props::guest
