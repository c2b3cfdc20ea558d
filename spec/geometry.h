// The fixed sizes of the path, in bytes unless the name says otherwise.
#pragma once

#include <cstdint>

namespace quire::spec {

/// A page: the smallest folio, and the unit that space is reserved in for a write.
inline constexpr std::uint64_t kPageShift = 12;
inline constexpr std::uint64_t kPageSize = std::uint64_t{1} << kPageShift;

/// The largest folio is 2^9 pages, 2 MiB.
inline constexpr std::uint64_t kFolioOrderMax = 9;
inline constexpr std::uint64_t kFolioSizeMax = kPageSize << kFolioOrderMax;

/// A block is the unit of space on the device: a power of two, no larger than a page.
inline constexpr std::uint64_t kBlockSizeMin = 512;
inline constexpr std::uint64_t kBlockSizeMax = kPageSize;

/// One call moves at most this much (the kernel's MAX_RW_COUNT: INT_MAX rounded down to a page).
inline constexpr std::uint64_t kReadWriteMax = 0x7fffffff & ~(kPageSize - 1);

/// The largest file: offsets are signed 64-bit numbers (the kernel's MAX_LFS_FILESIZE).
inline constexpr std::uint64_t kFileSizeMax = 0x7fffffffffffffff;

/// The most segments an iovec array may have (UIO_MAXIOV, uio.h).
inline constexpr std::uint64_t kSegmentsMax = 1024;

}  // namespace quire::spec
