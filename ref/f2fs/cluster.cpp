// A cluster: packing, reading and locking it.
#include "ref/f2fs/cluster.h"

#include "ref/noted_lock.h"
#include "ref/require.h"

#include <lz4.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace quire::ref::f2fs {
namespace {

constexpr std::uint64_t kHeadSize = 4;
static_assert(kClusterSize < std::uint64_t{1} << (8 * kHeadSize));

const char* chars(const PageBytes* pages) { return reinterpret_cast<const char*>(pages); }
char* chars(PageBytes* pages) { return reinterpret_cast<char*>(pages); }

void store_length(PageBytes& page, std::uint64_t length) {
  for (std::uint64_t i = 0; i < kHeadSize; ++i) page.bytes[i] = std::byte(length >> (8 * i));
}

std::uint64_t load_length(const PageBytes& page) {
  std::uint64_t length = 0;
  for (std::uint64_t i = 0; i < kHeadSize; ++i) {
    length |= std::to_integer<std::uint64_t>(page.bytes[i]) << (8 * i);
  }
  return length;
}

/// The places of a stored cluster, behind its head.
std::vector<Address> places_of(const Inode& inode, std::uint64_t start) {
  const NotedLock<spec::NodeLock> node_lock(inode.volume.recorder, inode.number);
  std::vector<Address> places;
  for (std::uint64_t i = 1; i < kClusterPages; ++i) {
    if (const Address address = inode.node.address(start + i); has_place(address)) {
      places.push_back(address);
    }
  }
  return places;
}

}  // namespace

std::vector<PageBytes> compress(std::span<const PageBytes> pages) {
  std::vector<PageBytes> packed(kClusterPages - 1);
  const int room = static_cast<int>(packed.size() * kBlockSize - kHeadSize);
  const int length = LZ4_compress_default(
      chars(pages.data()), chars(packed.data()) + kHeadSize, static_cast<int>(kClusterSize), room);
  if (length <= 0) return {};
  store_length(packed.front(), static_cast<std::uint64_t>(length));
  packed.resize((kHeadSize + static_cast<std::uint64_t>(length) + kBlockSize - 1) / kBlockSize);
  const auto end = static_cast<std::ptrdiff_t>(
      kHeadSize + static_cast<std::uint64_t>(length) - (packed.size() - 1) * kBlockSize);
  std::fill(packed.back().bytes.begin() + end, packed.back().bytes.end(), std::byte{0});
  return packed;
}

std::expected<std::vector<PageBytes>, int> read_cluster(Inode& inode, std::uint64_t start) {
  std::vector<PageBytes> packed;
  for (const Address place : places_of(inode, start)) {
    const int error = inode.volume.device.read(place * kBlockSize, packed.emplace_back().bytes);
    if (error != 0) return std::unexpected(error);
  }
  if (packed.empty()) return std::unexpected(-EIO);
  const std::uint64_t length = load_length(packed.front());
  if (packed.size() * kBlockSize - kHeadSize < length) return std::unexpected(-EIO);
  std::vector<PageBytes> pages(kClusterPages);
  const int got = LZ4_decompress_safe(
      chars(packed.data()) + kHeadSize, chars(pages.data()), static_cast<int>(length),
      static_cast<int>(kClusterSize));
  if (got != static_cast<int>(kClusterSize)) return std::unexpected(-EIO);
  return pages;
}

std::expected<std::vector<Folio*>, int> lock_cluster(Inode& inode, std::uint64_t start) {
  std::vector<Folio*> folios;
  const auto failed = [&](int error) {
    for (Folio* folio : folios) unlock_folio(inode, *folio);
    return std::unexpected(error);
  };
  bool all_uptodate = true;
  for (std::uint64_t i = 0; i < kClusterPages; ++i) {
    Folio* const folio = inode.pages.find_or_make((start + i) * kBlockSize);
    if (folio == nullptr) return failed(-ENOMEM);
    lock_folio(inode, *folio);
    all_uptodate &= folio->uptodate();
    folios.push_back(folio);
  }
  if (all_uptodate) return folios;
  const auto pages = read_cluster(inode, start);
  if (!pages) return failed(pages.error());
  for (std::uint64_t i = 0; i < kClusterPages; ++i) {
    Folio& folio = *folios[i];
    if (folio.uptodate()) continue;
    std::ranges::copy((*pages)[i].bytes, folio.block_bytes(0).begin());
    if (inode.node.size < folio.end()) {
      std::ranges::fill(
          folio.bytes(std::max(inode.node.size, folio.pos()), folio.end()), std::byte{0});
    }
    folio.blocks[0].uptodate = true;
  }
  return folios;
}

}  // namespace quire::ref::f2fs
