// Writeback: folio by folio, block by block.
#include "ref/plain/writeback.h"

#include "ref/noted_lock.h"
#include "ref/require.h"

namespace quire::ref {
namespace {

/// The device block of a file block.
struct Mapping {
  std::uint64_t device_block;
  bool newly_allocated;  ///< by this writeback; not in the file's map yet
};

Mapping map_or_allocate(Inode& inode, std::uint64_t file_block) {
  Superblock& volume = inode.volume;
  const NotedLock<spec::BlockMapLock> map_lock(volume.recorder, inode.number);
  if (const auto known = inode.blocks.find(file_block)) return {*known, false};
  const NotedLock<spec::SpaceLock> space_lock(volume.recorder, 0);
  return {volume.space.allocate(), true};
}

/// Maps the block as written after a write that succeeded; frees a newly allocated block after one
/// that failed.
void finish_block(Inode& inode, std::uint64_t file_block, const Mapping& mapping, bool written) {
  if (!mapping.newly_allocated && !written) return;
  Superblock& volume = inode.volume;
  const NotedLock<spec::BlockMapLock> map_lock(volume.recorder, inode.number);
  if (written) {
    inode.blocks.insert(file_block, mapping.device_block);
  } else {
    const NotedLock<spec::SpaceLock> space_lock(volume.recorder, 0);
    volume.space.free(mapping.device_block);
  }
}

int write_block(Inode& inode, Folio& folio, std::size_t i) {
  const std::uint64_t block_size = inode.volume.block_size;
  const std::uint64_t file_block = folio.block_pos(i) / block_size;
  const Mapping mapping = map_or_allocate(inode, file_block);
  const int error =
      inode.volume.device.write(mapping.device_block * block_size, folio.block_bytes(i));
  finish_block(inode, file_block, mapping, error == 0);
  folio.blocks[i].dirty = false;
  return error;
}

/// Writes the dirty blocks of a locked folio. Returns 0 or the first error; the rest is tried.
int write_folio(Inode& inode, Folio& folio, std::uint64_t size) {
  const CountedFolio counted(inode, folio);
  folio.zero_from(size);
  int first_error = 0;
  for (std::size_t i = 0; i < folio.blocks.size(); ++i) {
    if (!folio.blocks[i].dirty) continue;
    require(folio.block_pos(i) < size, "a block past the end of the file is dirty");
    const int error = write_block(inode, folio, i);
    if (error != 0 && size < folio.block_end(i)) inode.stale_tail = true;
    if (first_error == 0) first_error = error;
  }
  return first_error;
}

}  // namespace

int writeback(Inode& inode, std::uint64_t size) {
  const NotedLock<spec::WritebackLock> pass(inode.volume.recorder, inode.number);
  int first_error = 0;
  for (auto& [index, folio] : inode.pages.folios()) {
    if (!folio.dirty()) continue;
    lock_folio(inode, folio);
    const int error = write_folio(inode, folio, size);
    unlock_folio(inode, folio);
    inode.errors.set(error);
    if (first_error == 0) first_error = error;
  }
  return first_error;
}

int write_back_file(Inode& inode) {
  std::uint64_t size = 0;
  {
    // Writeback takes no IOLOCK (LK-6): a writer that waits for it may hold one.
    const NotedLock<spec::BlockMapLock> map_lock(inode.volume.recorder, inode.number);
    size = inode.size;
  }
  return writeback(inode, size);
}

}  // namespace quire::ref
