// Writeback of a range: tag the dirty folios, then write the tagged ones.
#include "ref/cache/writeback_range.h"

#include "ref/noted_lock.h"

#include <algorithm>
#include <cerrno>
#include <set>
#include <vector>

namespace quire::ref {
namespace {

using Number = std::uint64_t;

Number word_of(int error) { return static_cast<Number>(std::int64_t{error}); }

bool has_dirty_block(const CachedFile& file, Number pos) {
  const Folio* const folio = file.pages.find(pos);
  return folio != nullptr && folio->dirty();
}

/// The folios of the range that are dirty now (Linux: PAGECACHE_TAG_TOWRITE).
std::set<Number> tag_dirty(CachedFile& file, Number lstart, Number lend) {
  std::set<Number> tagged;
  for (const Number pos : folios_in(file, lstart, lend)) {
    if (has_dirty_block(file, pos)) tagged.insert(pos);
  }
  return tagged;
}

/// Clears the dirty marks of a locked folio, those in page tables first: a later store faults, and
/// dirties the folio again (PC-6). Returns which blocks were dirty.
std::vector<bool> clear_dirty_for_io(CachedFile& file, Folio& folio) {
  file.users.protect(folio);
  std::vector<bool> dirty;
  for (Block& block : folio.blocks) {
    dirty.push_back(block.dirty);
    block.dirty = false;
  }
  return dirty;
}

/// One pass, with a record of each folio.
class Pass {
 public:
  Pass(CachedFile& file, Number lstart, Number lend, WritebackControl& control)
      : file_(file), lstart_(lstart), lend_(lend), control_(control) {
    for (const auto& [index, folio] : file.pages.folios()) {
      seen_.push_back(
          {.lstart = lstart,
           .lend = lend,
           .folio_pos = folio.pos(),
           .folio_size = folio.size(),
           .dirty_at_start = folio.dirty(),
           .tagged = 0,
           .present = 0,
           .dirty_at_turn = 0,
           .stopped = 0,
           .written = 0,
           .writable_pages = 0,
           .dirty_blocks = 0,
           .locked = 0});
    }
  }

  int run() {
    const NotedLock<spec::WritebackLock> pass(file_.recorder, file_.number);
    const std::set<Number> tagged = tag_dirty(file_, lstart_, lend_);
    for (const Number pos : tagged) {
      spec::FolioPass<Number>& record = record_of(pos);
      record.tagged = 1;
      record.stopped = is_over();
      stopped_ = stopped_ || is_over();
      if (!is_over()) take_turn(pos, record);
    }
    note();
    return first_error_;
  }

 private:
  bool is_over() const {
    return !control_.integrity &&
           (first_error_ != 0 || control_.pages_max <= control_.pages_written);
  }

  void take_turn(Number pos, spec::FolioPass<Number>& record) {
    Folio* const folio = find_locked(file_, pos);
    record.present = folio != nullptr && folio->pos() == pos;
    if (folio == nullptr) return;  // PC-5
    record.dirty_at_turn = folio->dirty();
    if (record.present != 0 && folio->dirty()) write(*folio, record);
    unlock(file_, *folio);
  }

  void write(Folio& folio, spec::FolioPass<Number>& record) {
    const std::vector<bool> dirty = clear_dirty_for_io(file_, folio);
    record.written = 1;
    record.locked = folio.locked;
    record.writable_pages = file_.users.writable_pages(folio);
    record.dirty_blocks = static_cast<Number>(std::ranges::count_if(folio.blocks, &Block::dirty));
    const int error = file_.owner.write(folio, dirty);
    file_.errors.set(error);
    pages_before_last_ = control_.pages_written;
    control_.pages_written += folio.size() / spec::kPageSize;
    if (error != 0) met_.push_back(error);
    if (first_error_ == 0) first_error_ = error;
  }

  spec::FolioPass<Number>& record_of(Number pos) {
    return *std::ranges::find(seen_, pos, &spec::FolioPass<Number>::folio_pos);
  }

  void note() const {
    if (file_.recorder == nullptr) return;
    for (const spec::FolioPass<Number>& record : seen_) file_.recorder->step(record);
    file_.recorder->step(spec::WritebackPass<Number>{
        control_.integrity, control_.pages_max, control_.pages_written, pages_before_last_,
        met_.size(), met_.empty() ? 0 : word_of(met_.front()), stopped_, word_of(first_error_)});
  }

  CachedFile& file_;
  Number lstart_;
  Number lend_;
  WritebackControl& control_;
  std::vector<spec::FolioPass<Number>> seen_;
  std::vector<int> met_;  ///< errors, in order
  Number pages_before_last_ = 0;
  int first_error_ = 0;
  bool stopped_ = false;
};

}  // namespace

int write_range(CachedFile& file, Number lstart, Number lend, WritebackControl& control) {
  return Pass(file, lstart, lend, control).run();
}

int write_and_wait_range(CachedFile& file, Number lstart, Number lend) {
  spec::WriteAndWait<Number> call{lstart, lend, 0, 0, 0, 0, 0};
  int answer = 0;
  if (lstart <= lend) {
    WritebackControl control;
    const int pass_error = write_range(file, lstart, lend, control);
    call.wrote = 1;
    // A write is complete when it is submitted here; the wait is where a thread would sleep.
    call.waited = pass_error != -EIO;
    const int flags_error = file.errors.check_and_clear();
    answer = pass_error != 0 ? pass_error : flags_error;
    call.pass_error = word_of(pass_error);
    call.flags_error = word_of(flags_error);
  }
  call.answer = word_of(answer);
  if (file.recorder != nullptr) file.recorder->step(call);
  return answer;
}

}  // namespace quire::ref
