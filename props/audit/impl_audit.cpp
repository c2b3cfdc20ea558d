#include "props/audit/impl_audit.h"

#include "impl/api/innards.h"
#include "props/audit/allocator_audit.h"
#include "props/audit/block_set.h"
#include "props/audit/cache_audit.h"
#include "props/audit/error_parts.h"
#include "spec/geometry.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <set>
#include <utility>

namespace quire::props {
namespace {

using Number = std::uint64_t;
using impl::Innards;

Number ceil_div(Number a, Number b) { return a / b + (a % b != 0); }

Number wrong_preallocations(const impl::Space& space) {
  Number wrong = 0, listed = 0, end_before = 0;
  for (const auto& ahead : Innards::preallocations(space)) {
    wrong += ahead.start >= ahead.end || ahead.start < end_before || space.blocks() < ahead.end;
    end_before = ahead.end;
    ++listed;
  }
  const auto& by_age = Innards::preallocations_by_age(space);
  return wrong + (listed != static_cast<Number>(std::distance(by_age.begin(), by_age.end())));
}

}  // namespace

bool order_is_broken(
    const std::vector<Number>& before, const std::vector<Number>& after,
    const std::set<Number>& touched) {
  const auto has = [](const std::vector<Number>& files, Number file) {
    return std::ranges::find(files, file) != files.end();
  };
  std::vector<Number> stayed, found;
  for (const Number file : before) {
    if (!touched.contains(file) && has(after, file)) stayed.push_back(file);
  }
  // One that was touched may have turned clean and dirty again.
  for (const Number file : after) {
    if (!touched.contains(file) || !has(before, file)) found.push_back(file);
  }
  const auto [new_ones, missed] = std::ranges::mismatch(found, stayed);
  return missed != stayed.end() ||
         !std::all_of(new_ones, found.end(), [&](Number file) { return touched.contains(file); });
}

/// One audit of one volume.
class QUIRE_LOCAL ImplAudit::Walk {  // as what it refers to
 public:
  Walk(const Volume& volume, spec::Recorder& recorder)
      : state_(Innards::of(volume)), shared_(state_.shared), recorder_(recorder) {}

  void files(std::optional<Number> cut) {
    for (const auto& dirty : Innards::files(shared_.dirty)) dirty_list_.push_back(&dirty);
    for (const auto& file : Innards::files(shared_.flusher)) unflushed_list_.push_back(&file);
    for (const auto& [number, inode] : state_.files) file(*inode, number == cut);
  }

  void volume(Number memory_bytes, bool order_broken) {
    const impl::SpaceAllocator& allocator = Innards::allocator(shared_.space);
    const BlockSet mapped(std::move(mapped_)), granted = granted_blocks(allocator);
    recorder_.step(spec::VolumeAudit<Number>{
        .dirty = dirty_,
        .dirty_counted = shared_.dirty.bytes(),
        .order_broken = order_broken,
        .mapped = mapped.count(),
        .mapped_again = mapped.again(),
        .granted = granted.count(),
        .mapped_ungranted = mapped.outside(granted),
        .marks_wrong = wrong_marks(allocator, shared_.space.blocks()),
        .ahead_wrong = wrong_preallocations(shared_.space),
        .folio_bytes = folio_bytes_,
        .memory_bytes = memory_bytes,
    });
    recorder_.step(spec::Books<Number>{
        shared_.space.blocks(), allocator.free_blocks(), allocator.reserved_blocks(),
        mapped.count(), unmapped_});
  }

  void cursor(const File& handle) {
    const auto& inside = Innards::of(handle);
    const ErrorParts word(Innards::errors(inside.inode)), cursor(inside.errors_seen);
    recorder_.step(spec::CursorAudit<Number>{
        word.code, word.seen, word.number, cursor.code, cursor.seen, cursor.number});
  }

  /// The dirty files in the order of the volume's list.
  std::vector<Number> dirty_files() const {
    std::vector<Number> numbers;
    for (const impl::DirtyFile* dirty : dirty_list_) {
      for (const auto& [number, inode] : state_.files) {
        if (&Innards::dirty(*inode) == dirty) numbers.push_back(number);
      }
    }
    return numbers;
  }

 private:
  void file(const impl::Inode& inode, bool was_cut) {
    const Number bs = shared_.block_size;
    CacheAudit cache(inode.size(), bs, spec::kFolioSizeMax, recorder_);
    if (Innards::has_stale_tail(inode)) cache.spare_tail();
    if (was_cut) cache.was_cut();
    const Number pages = folios(Innards::folios(inode), cache);

    std::vector<BlockRun> in_file;
    Number empty = 0;
    for (const auto& [first, extent] : Innards::runs(Innards::blocks(inode))) {
      in_file.push_back({first, first + extent.length});
      mapped_.push_back({extent.start, extent.start + extent.length});
      empty += extent.length == 0;
    }
    const BlockSet mapped(std::move(in_file)), dirty = cache.dirty();
    unmapped_ += dirty.outside(mapped);
    dirty_ += dirty.count() * bs;
    folio_bytes_ += cache.bytes();
    const auto& unflushed = Innards::unflushed(inode);
    recorder_.step(spec::FileAudit<Number>{
        .size = inode.size(),
        .size_max = spec::kFileSizeMax,
        .dirty = dirty.count() * bs,
        .dirty_counted = Innards::dirty(inode).bytes.load(),
        .listed = times(dirty_list_, &Innards::dirty(inode)),
        .pages = cache.found_bytes() / spec::kPageSize,
        .pages_counted = pages,
        .map_wrong = mapped.again() + empty,
        .mapped_past = mapped.from(ceil_div(inode.size(), bs)),
        .keeps_blocks = 0,
        .unflushed = times(unflushed_list_, &unflushed),
        .first_write = unflushed.first_write,
        .last_write = unflushed.last_write,
        .flushes = Innards::flushes(shared_.flusher),
    });
  }

  /// Sees each folio of an index. Returns how many pages the index itself counts.
  static Number folios(const impl::PageCache& index, CacheAudit& cache) {
    Number counted = 0;
    for (const auto& [key, window] : Innards::windows(index)) {
      counted += window->pages;
      const Number start = key * spec::kFolioSizeMax;
      const auto& slots = window->slots;
      for (std::size_t slot = 0; slot < slots.size();) {
        const impl::Folio* const folio = slots[slot];
        const std::size_t first = slot;
        while (slot < slots.size() && slots[slot] == folio) ++slot;
        if (folio == nullptr) continue;
        cache.see(seen(*folio, start + first * spec::kPageSize, (slot - first) * spec::kPageSize));
      }
    }
    return counted;
  }

  static SeenFolio seen(const impl::Folio& folio, Number found_at, Number found_bytes) {
    const impl::BlockBits& uptodate = Innards::uptodate(folio);
    const impl::BlockBits& dirty = Innards::dirty(folio);
    return {
        .pos = folio.pos(),
        .size = folio.size(),
        .found_at = found_at,
        .found_bytes = found_bytes,
        .uptodate = Innards::words(uptodate),
        .dirty = Innards::words(dirty),
        .uptodate_counted = uptodate.count(),
        .dirty_counted = dirty.count(),
        .bytes = Innards::bytes(folio),
        .locked = Innards::is_locked(folio),
        .writeback = false,
        .users = Innards::references(folio) - Number{1},
    };
  }

  template <class Entry>
  static Number times(const std::vector<const Entry*>& list, const Entry* entry) {
    return static_cast<Number>(std::ranges::count(list, entry));
  }

  decltype(Innards::of(std::declval<const Volume&>())) state_;
  const impl::VolumeState& shared_;
  spec::Recorder& recorder_;
  std::vector<const impl::DirtyFile*> dirty_list_;
  std::vector<const impl::UnflushedFile*> unflushed_list_;
  std::vector<BlockRun> mapped_;  // blocks of the device
  Number unmapped_ = 0, dirty_ = 0, folio_bytes_ = 0;
};

void ImplAudit::run(
    const Volume& volume, const std::map<std::pair<Number, Number>, File>& handles,
    Number memory_bytes, const std::set<Number>& touched, std::optional<Number> cut) {
  Walk walk(volume, recorder_);
  walk.files(cut);
  std::vector<Number> dirty_files = walk.dirty_files();
  walk.volume(memory_bytes, order_is_broken(dirty_files_, dirty_files, touched));
  for (const auto& [key, handle] : handles) walk.cursor(handle);
  dirty_files_ = std::move(dirty_files);
}

}  // namespace quire::props
