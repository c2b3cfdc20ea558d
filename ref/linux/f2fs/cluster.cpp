// A cluster: packing, reading and locking it.
#include "ref/linux/f2fs/cluster.h"

#include "ref/linux/f2fs/page_write.h"
#include "ref/noted_lock.h"
#include "ref/require.h"

#include <lz4.h>

#include <algorithm>
#include <cerrno>
#include <utility>

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

/// The blocks of a stored cluster, behind its head.
std::vector<Address> blocks_of(const Inode& inode, std::uint64_t start) {
  const NotedLock<spec::NodeLock> node_lock(inode.volume.recorder, inode.number);
  std::vector<Address> addresses;
  for (std::uint64_t i = 1; i < kClusterPages; ++i) {
    if (const Address address = inode.node.address(start + i); is_block_address(address)) {
      addresses.push_back(address);
    }
  }
  return addresses;
}

/// Reads the stale pages of a stored cluster. All are locked. 0 or a negative errno.
int read_stale_pages(Inode& inode, std::uint64_t start, const std::vector<Folio*>& folios) {
  const auto pages = read_cluster(inode, start);
  if (!pages) return pages.error();
  for (std::uint64_t i = 0; i < kClusterPages; ++i) {
    Folio& folio = *folios[i];
    if (folio.uptodate()) continue;
    std::ranges::copy((*pages)[i].bytes, folio.block_bytes(0).begin());
    folio.zero_from(inode.node.size);
    folio.blocks[0].uptodate = true;
  }
  return 0;
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
  for (const Address address : blocks_of(inode, start)) {
    const int error = inode.volume.device.read(address * kBlockSize, packed.emplace_back().bytes);
    if (error != 0) return std::unexpected(error);
  }
  return unpack(packed);
}

std::expected<std::vector<PageBytes>, int> unpack(std::span<const PageBytes> packed) {
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
  struct Hooks {
    Inode& inode;
    std::uint64_t start;
    std::vector<Folio*> folios{};

    bool find_and_lock(std::uint64_t i) {
      Folio* const folio = inode.pages.find_or_make((start + i) * kBlockSize);
      if (folio == nullptr) return false;
      lock_folio(inode, *folio);
      folios.push_back(folio);
      return true;
    }
    void unlock(std::uint64_t i) const { unlock_folio(inode, *folios[i]); }
    bool uptodate(std::uint64_t i) const { return folios[i]->uptodate(); }
    std::uint64_t read_stale() const {
      return static_cast<std::uint64_t>(read_stale_pages(inode, start, folios));
    }
  };
  Hooks hooks{inode, start};
  const auto error = begin_cluster<std::uint64_t>(hooks);
  if (error != 0) return std::unexpected(static_cast<int>(error));
  return std::move(hooks.folios);
}

}  // namespace quire::ref::f2fs
