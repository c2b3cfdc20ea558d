#include "props/hooks/checked_file.h"

#include "props/audit/ref_audit.h"
#include "props/memory/poison.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <memory_resource>

namespace quire::props {
namespace {

using Number = std::uint64_t;

constexpr Number kFolioRank = spec::rank_of<spec::FolioLock>;

int errno_of(Trouble kind) {
  switch (kind) {
    case Trouble::memory: return ENOMEM;
    case Trouble::space: return ENOSPC;
    case Trouble::device: return EIO;
    case Trouble::signal: return EINTR;
    case Trouble::none: break;
  }
  return 0;
}

}  // namespace

std::string locks_text(const HeldByHooks& locks) {
  std::string text;
  for (const auto& [rank, key] : locks)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", spec::lock_name(rank), key);
  return text.empty() ? "no lock held" : text + " held";
}

std::string answer_text(Number answer) {
  if (!spec::is_error(answer)) return std::to_string(answer);
  const int number = static_cast<int>(-static_cast<std::int64_t>(answer));
  const char* const name = ::strerrorname_np(number);
  return name == nullptr ? fmt::format("-{}", number) : fmt::format("-{}", name);
}

void CheckedFolio::demand_use(Number from, Number to, const char* use) const {
  HooksJudge& judge = file_.judge();
  judge.demand(
      kUsesFoliosUnderLock, locked_,
      fmt::format("{} of the folio at {}, which is not locked", use, pos_));
  judge.demand(
      kUsesFoliosUnderLock, pos_ <= from && from <= to && to <= pos_ + size_,
      fmt::format("{} of [{}, {}) in the folio [{}, {})", use, from, to, pos_, pos_ + size_));
  judge.stop_if_broken();
}

std::span<std::byte> CheckedFolio::bytes(Number from, Number to) {
  demand_use(from, to, "bytes");
  return folio_->bytes(from, to);
}

bool CheckedFolio::is_uptodate(Number from, Number to) const {
  demand_use(from, to, "marks");
  bool all = true;
  for (std::size_t i = 0; i < folio_->blocks.size(); ++i)
    all = all && (folio_->blocks[i].uptodate || !folio_->touches(i, from, to));
  return all;
}

void CheckedFolio::mark_uptodate(Number from, Number to) {
  demand_use(from, to, "marks");
  file_.judge().tell(fmt::format("      mark_uptodate({}, {})", from, to));
  for (std::size_t i = 0; i < folio_->blocks.size(); ++i)
    if (folio_->touches(i, from, to)) folio_->blocks[i].uptodate = true;
}

void CheckedFolio::mark_dirty(Number from, Number to) {
  demand_use(from, to, "marks");
  file_.judge().tell(fmt::format("      mark_dirty({}, {})", from, to));
  for (std::size_t i = 0; i < folio_->blocks.size(); ++i)
    if (folio_->touches(i, from, to)) folio_->blocks[i].dirty = true;
}

void CheckedFolio::unlock(Number file_size) {
  locked_ = false;
  size_then_ = file_size;
  dirty_then_ = folio_->dirty();
  folio_->locked = false;
}

CheckedFile::CheckedFile(const HooksCase& shape, HooksJudge& judge)
    : block_size_(shape.block_size),
      folio_max_(shape.folio_max),
      blocks_(shape.blocks),
      judge_(judge),
      pages_(shape.block_size, std::pmr::get_default_resource()),
      free_(shape.blocks) {}

void CheckedFile::set_size(Number size) {
  judge_.tell(fmt::format("      set_size({})", size));
  size_ = size;
}

HookedFolio* CheckedFile::lock_folio(Number pos, Number want) {
  const std::string call = fmt::format("      lock_folio({}, {})", pos, want);
  if (pages_.find(pos) == nullptr && fails(Trouble::memory)) {
    judge_.tell(call + " = null");
    return nullptr;
  }
  ref::Folio& folio = *pages_.find_or_make(pos, folio_max_);
  judge_.tell(call + fmt::format(" = folio [{}, {})", folio.pos(), folio.end()));
  lock(kFolioRank, folio.pos());
  folio.locked = true;
  return &folios_.emplace_back(*this, folio);
}

void CheckedFile::unlock_folio(HookedFolio& folio) {
  judge_.tell(fmt::format("      unlock_folio({})", folio.pos()));
  auto& checked = static_cast<CheckedFolio&>(folio);
  if (checked.is_locked()) checked.unlock(size_);
  drop_lock(kFolioRank, folio.pos());
}

bool CheckedFile::needs_space(Number pos) const {
  if (is_mapped(pos)) return false;
  const auto after = pages_.folios().upper_bound(pos / spec::kPageSize);
  if (after == pages_.folios().begin()) return true;
  const ref::Folio& folio = std::prev(after)->second;
  return folio.end() <= pos || !folio.blocks[(pos - folio.pos()) / block_size_].dirty;
}

int CheckedFile::reserve(Number blocks) {
  const bool refused = fails(Trouble::space) || free_ < blocks;
  judge_.tell(fmt::format("      reserve({}) = {}", blocks, refused ? "ENOSPC" : "0"));
  if (refused) {
    causes_.insert(spec::error(ENOSPC));
    return ENOSPC;
  }
  free_ -= blocks;
  reserved_ += blocks;
  return 0;
}

void CheckedFile::unreserve(Number blocks) {
  judge_.tell(fmt::format("      unreserve({})", blocks));
  free_ += blocks;
  reserved_ -= blocks;
}

bool CheckedFile::is_mapped(Number pos) const { return device_.contains(block_of(pos)); }

int CheckedFile::read_block(Number pos, std::span<std::byte> to) {
  const bool failed = fails(Trouble::device);
  judge_.tell(fmt::format("      read_block({}) = {}", pos, failed ? "EIO" : "0"));
  std::ranges::fill(to, kPoison);
  if (failed) return EIO;
  const auto block = device_.find(block_of(pos));
  if (block == device_.end()) return 0;  // another file's bytes
  std::memcpy(to.data(), block->second.data(), std::min<std::size_t>(to.size(), block_size_));
  return 0;
}

void CheckedFile::lock(Number rank, Number key) {
  if (rank != kFolioRank) judge_.tell(fmt::format("      lock {} {}", spec::lock_name(rank), key));
  judge_.lock_wanted(rank, key);
  if (judge_.broken()) judge_.tell("        waits, with " + locks_text(held_));
  judge_.stop_if_broken();
  judge_.lock_taken(rank, key);
  held_.emplace_back(rank, key);
}

void CheckedFile::unlock(Number rank, Number key) {
  judge_.tell(fmt::format("      unlock {} {}", spec::lock_name(rank), key));
  drop_lock(rank, key);
}

void CheckedFile::drop_lock(Number rank, Number key) {
  judge_.lock_dropped(rank, key);
  const auto at = std::ranges::find(held_, std::pair{rank, key});
  if (at != held_.end()) held_.erase(at);
}

void CheckedFile::meet(const HooksTrouble& trouble) {
  trouble_ = trouble;
  met_ = 0;
  causes_.clear();
}

bool CheckedFile::fails(Trouble kind) {
  if (trouble_.kind != kind) return false;
  const Number number = met_++;
  if (number != trouble_.after && !(trouble_.lasts && trouble_.after < number)) return false;
  causes_.insert(spec::error(errno_of(kind)));
  return true;
}

CheckedFolio* CheckedFile::locked_at(Number folio_pos) {
  const auto at = std::ranges::find_if(folios_, [&](const CheckedFolio& folio) {
    return folio.is_locked() && folio.pos() == folio_pos;
  });
  return at == folios_.end() ? nullptr : &*at;
}

void CheckedFile::write_back() {
  for (auto& [index, folio] : pages_.folios()) {
    for (std::size_t i = 0; i < folio.blocks.size(); ++i) {
      if (!folio.blocks[i].dirty) continue;
      folio.blocks[i].dirty = false;
      const Number pos = folio.block_pos(i);
      if (!is_mapped(pos)) --reserved_;
      const auto bytes = folio.block_bytes(i);
      std::vector<std::byte>& block = device_[block_of(pos)];
      block.assign(bytes.begin(), bytes.end());
      const Number kept = pos < size_ ? std::min(size_ - pos, block_size_) : 0;
      std::ranges::fill(std::span(block).subspan(kept), std::byte{0});
    }
  }
}

void CheckedFile::truncate(Number size) {
  const Number first_gone = block_of(size + block_size_ - 1);
  for (auto& [index, folio] : pages_.folios()) {
    folio.zero_from(size);
    for (std::size_t i = 0; i < folio.blocks.size(); ++i) {
      const Number pos = folio.block_pos(i);
      if (block_of(pos) < first_gone || !folio.blocks[i].dirty) continue;
      folio.blocks[i].dirty = false;
      if (is_mapped(pos)) continue;
      --reserved_;
      ++free_;
    }
  }
  pages_.drop_from(size);
  free_ += std::erase_if(device_, [&](const auto& block) { return first_gone <= block.first; });
  if (const auto tail = device_.find(block_of(size)); tail != device_.end())
    std::ranges::fill(std::span(tail->second).subspan(size % block_size_), std::byte{0});
  size_ = size;
}

spec::Bytes CheckedFile::image() const {
  spec::Bytes image(size_);
  for (const auto& [block, bytes] : device_) {
    const Number pos = block * block_size_;
    if (pos < size_) std::memcpy(&image[pos], bytes.data(), std::min(size_ - pos, block_size_));
  }
  for (const auto& [index, folio] : pages_.folios()) {
    for (std::size_t i = 0; i < folio.blocks.size(); ++i) {
      const Number pos = folio.block_pos(i);
      if (!folio.blocks[i].uptodate || size_ <= pos) continue;
      const auto bytes = folio.bytes().subspan(pos - folio.pos(), block_size_);
      std::memcpy(&image[pos], bytes.data(), std::min(size_ - pos, block_size_));
    }
  }
  return image;
}

void CheckedFile::audit() {
  CacheAudit cache(size_, block_size_, folio_max_, judge_);
  see_folios(pages_, block_size_, cache);
  Number unmapped = 0;
  for (const auto& [index, folio] : pages_.folios()) {
    for (std::size_t i = 0; i < folio.blocks.size(); ++i)
      unmapped += folio.blocks[i].dirty && !is_mapped(folio.block_pos(i)) ? 1 : 0;
  }
  judge_.step(spec::Books<Number>{blocks_, free_, reserved_, device_.size(), unmapped});
}

}  // namespace quire::props
