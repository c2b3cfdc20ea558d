// An example: hooks that make a folio uptodate as a whole, and what can be wrong with them.
#pragma once

#include "props/hooks/hooked_file.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <optional>

namespace quire::props {

enum class HooksMistake {
  none,
  accepts_short_copies,  ///< also into a folio that is stale
  unlocks_too_early,     ///< before the size is set: writeback zeroes what lies past it
  keeps_lock_on_error,   ///< of a folio that it could not read
  locks_map_first,       ///< writeback locks the folio first, then the block map
};

template <HooksMistake mistake = HooksMistake::none>
class WholeFolioHooks {
 public:
  using Number = std::uint64_t;
  using enum HooksMistake;

  struct Folio : spec::Begun<Number> {
    HookedFolio* folio = nullptr;
    Number reserved = 0;  ///< blocks
  };

  explicit WholeFolioHooks(HookedFile& file) : file_(file) {}

  Folio write_begin(Number pos, Number want) {
    std::optional<HookedLock<spec::BlockMapLock>> map;
    if (mistake == locks_map_first) map.emplace(file_);
    HookedFolio* const folio = file_.lock_folio(pos, want);
    if (folio == nullptr) return {{spec::error(ENOMEM), 0, 0}};
    const Number end = std::min(pos + want, folio->end());
    const Number need = blocks_without_space(pos, end);
    int error = file_.reserve(need);
    if (error == 0) {
      const bool overwrites_all = pos == folio->pos() && end == folio->end();
      if (!overwrites_all) error = read(*folio);
      if (error == 0) return {{0, folio->pos(), end}, folio, need};
      file_.unreserve(need);
      if (mistake == keeps_lock_on_error) return {{spec::error(error), 0, 0}};
    }
    file_.unlock_folio(*folio);
    return {{spec::error(error), 0, 0}};
  }

  Number write_end(Folio& begun, Number pos, Number n, Number copied) {
    HookedFolio& folio = *begun.folio;
    const bool good = copied == n || folio.is_uptodate(folio.pos(), folio.end());
    const Number accepted = good || mistake == accepts_short_copies ? copied : 0;
    const Number end = pos + accepted;
    file_.unreserve(begun.reserved - blocks_without_space(pos, end));
    if (accepted != 0) {
      folio.mark_uptodate(pos, end);
      folio.mark_dirty(pos, end);
    }
    if (mistake == unlocks_too_early) file_.unlock_folio(folio);
    if (accepted != 0 && file_.size() < end) file_.set_size(end);
    if (mistake != unlocks_too_early) file_.unlock_folio(folio);
    return accepted;
  }

 private:
  Number blocks_without_space(Number pos, Number end) {
    const Number size = file_.block_size();
    Number blocks = 0;
    for (Number at = pos - pos % size; pos != end && at < end; at += size)
      blocks += file_.needs_space(at) ? 1 : 0;
    return blocks;
  }

  /// Makes all of the folio uptodate, or none: a short copy must not count in some of its blocks.
  /// Returns 0 or an errno.
  int read(HookedFolio& folio) {
    if (folio.is_uptodate(folio.pos(), folio.end())) return 0;
    const Number size = file_.block_size();
    for (Number at = folio.pos(); at < folio.end(); at += size) {
      const auto block = folio.bytes(at, at + size);
      std::ranges::fill(block, std::byte{0});
      const int error = file_.is_mapped(at) ? file_.read_block(at, block) : 0;
      if (error != 0) return error;
    }
    folio.mark_uptodate(folio.pos(), folio.end());
    return 0;
  }

  HookedFile& file_;
};

}  // namespace quire::props
