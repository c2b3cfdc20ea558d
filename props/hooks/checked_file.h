// The file under a user's hooks as the checker keeps it: a cache over blocks of a device, in
// memory.
#pragma once

#include "props/hooks/hooked_file.h"
#include "props/hooks/hooks_case.h"
#include "props/hooks/hooks_judge.h"
#include "ref/cache/address_space.h"
#include "spec/write/file_write.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace quire::props {

class CheckedFile;

/// Locks that hooks hold, by rank and key, in the order taken.
using HeldByHooks = std::vector<std::pair<std::uint64_t, std::uint64_t>>;

/// A folio from the moment that it is locked: once it is unlocked, each use of it breaks a law.
class CheckedFolio final : public HookedFolio {
 public:
  CheckedFolio(CheckedFile& file, ref::Folio& folio)
      : file_(file), folio_(&folio), pos_(folio.pos()), size_(folio.size()) {}

  std::uint64_t pos() const override { return pos_; }
  std::uint64_t size() const override { return size_; }
  std::span<std::byte> bytes(std::uint64_t from, std::uint64_t to) override;
  bool is_uptodate(std::uint64_t from, std::uint64_t to) const override;
  void mark_uptodate(std::uint64_t from, std::uint64_t to) override;
  void mark_dirty(std::uint64_t from, std::uint64_t to) override;

  bool is_locked() const { return locked_; }
  /// The folio itself, while it is locked.
  ref::Folio& folio() const { return *folio_; }
  /// The file's size, and whether the folio was dirty, when it was unlocked.
  std::uint64_t size_then() const { return size_then_; }
  bool dirty_then() const { return dirty_then_; }
  void unlock(std::uint64_t file_size);

 private:
  void demand_use(std::uint64_t from, std::uint64_t to, const char* use) const;

  CheckedFile& file_;
  ref::Folio* folio_;
  std::uint64_t pos_, size_;
  bool locked_ = true;
  std::uint64_t size_then_ = 0;
  bool dirty_then_ = false;
};

/// Tells the judge each call of the hooks. A call that would wait for a lock of its own thread, or
/// that uses memory it may not, throws BrokenRule.
class CheckedFile final : public HookedFile {
 public:
  CheckedFile(const HooksCase& shape, HooksJudge& judge);

  std::uint64_t block_size() const override { return block_size_; }
  std::uint64_t size() const override { return size_; }
  void set_size(std::uint64_t size) override;
  HookedFolio* lock_folio(std::uint64_t pos, std::uint64_t want) override;
  void unlock_folio(HookedFolio& folio) override;
  bool needs_space(std::uint64_t pos) const override;
  int reserve(std::uint64_t blocks) override;
  void unreserve(std::uint64_t blocks) override;
  bool is_mapped(std::uint64_t pos) const override;
  int read_block(std::uint64_t pos, std::span<std::byte> to) override;
  void lock(std::uint64_t rank, std::uint64_t key) override;
  void unlock(std::uint64_t rank, std::uint64_t key) override;

  HooksJudge& judge() { return judge_; }

  /// From now on this fails; what has been answered before is forgotten.
  void meet(const HooksTrouble& trouble);
  /// Whether the next operation of this kind fails; counts it, and its error.
  bool fails(Trouble kind);
  /// The errors that were answered since meet(), as words.
  const std::set<std::uint64_t>& causes() const { return causes_; }

  const HeldByHooks& held() const { return held_; }
  /// The folio locked at this position, or null.
  CheckedFolio* locked_at(std::uint64_t folio_pos);

  /// What the other users of the file do, between writes.
  void write_back();
  void drop_cache() {
    write_back();
    pages_.drop_clean();
  }
  void truncate(std::uint64_t size);

  /// The file as a reader sees it.
  spec::Bytes image() const;
  /// Between two calls: reports the folios and the books.
  void audit();

 private:
  friend class CheckedFolio;

  std::uint64_t block_of(std::uint64_t pos) const { return pos / block_size_; }
  void drop_lock(std::uint64_t rank, std::uint64_t key);

  std::uint64_t block_size_, folio_max_, blocks_;
  HooksJudge& judge_;
  ref::AddressSpace pages_;
  std::uint64_t size_ = 0;
  std::uint64_t free_, reserved_ = 0;
  std::map<std::uint64_t, std::vector<std::byte>> device_;  ///< by block of the file
  std::deque<CheckedFolio> folios_;                         ///< all that were ever locked
  HeldByHooks held_;
  HooksTrouble trouble_;
  std::uint64_t met_ = 0;  ///< operations of its kind
  std::set<std::uint64_t> causes_;
};

/// "folio lock 0, block map 0 held".
std::string locks_text(const HeldByHooks& locks);

/// "-ENOSPC"; the number of anything that is no error.
std::string answer_text(std::uint64_t answer);

}  // namespace quire::props
