#include "props/cache/cache_run.h"

#include "props/differential/error_ledger.h"
#include "props/judge/judge.h"
#include "props/memory/pattern.h"
#include "props/memory/poison_resource.h"
#include "ref/cache/page_cache_ranges.h"
#include "ref/cache/writeback_range.h"
#include "spec/geometry.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace quire::props {
namespace {

using Number = std::uint64_t;

constexpr Number kPage = spec::kPageSize, kBlock = 1024, kBlocks = kPage / kBlock;
constexpr Number kFile = 1;

constexpr auto kSplits = "a cut across a large folio, which is split";
constexpr auto kNoMemory = "a cut across a large folio that cannot be split";
constexpr auto kBusy = "an invalidation that meets a dirty folio, and drops another";
constexpr auto kDropped = "a folio that another thread drops before its turn";
constexpr auto kMapped = "a page that a fault maps while it is cut";
constexpr auto kStopped = "a pass that stops at its number of pages";
constexpr auto kStoppedByError = "a pass without integrity that an error stops";
constexpr auto kGoesOn = "a pass with integrity that goes on behind an error";
constexpr auto kFlags = "an error of an earlier pass, answered by write_and_wait_range";
constexpr auto kSync = "an error that sync answers, and leaves";
constexpr auto kReported = "an error that a descriptor reports";
constexpr std::array kClasses{kSplits,         kNoMemory, kBusy,  kDropped, kMapped,  kStopped,
                              kStoppedByError, kGoesOn,   kFlags, kSync,    kReported};

/// A page of the cache, as it reads.
struct Page {
  std::vector<std::byte> bytes;
  std::array<bool, kBlocks> dirty{};
  friend bool operator==(const Page&, const Page&) = default;
};
using Pages = std::map<Number, Page>;  // by first byte

struct Extent {
  Number pos, size;
  bool dirty;
  Number end() const { return pos + size; }
  bool touches(Number first, Number last) const { return first < end() && pos <= last; }
  bool inside(Number first, Number last) const { return first <= pos && end() - 1 <= last; }
};

/// A folio that the cache has passed to the device.
struct Written {
  Number pos;
  std::vector<bool> dirty;
  friend bool operator==(const Written&, const Written&) = default;
};

/// Of write number n of a command; 0: it succeeds.
int error_of_write(const CacheCommand& c, Number n) {
  if (!c.fails) return 0;
  return n == c.fails->after || (c.fails->all && c.fails->after < n) ? c.fails->error : 0;
}

class CacheRun final : ref::CacheOwner {
 public:
  explicit CacheRun(ClassCounts& classes) : classes_(classes) {
    memory_.refuse_when([this] { return now_->without_memory; });
  }

  std::optional<Failure> run(const CacheCase& checked) {
    for (std::size_t i = 0; i < checked.commands.size(); ++i) {
      seed_ = i + 1;
      play(checked.commands[i]);
      judge_.call_ends();
      auto found = failure_ ? failure_ : judge_.failure();
      if (!found) continue;
      found->command = i;
      return found;
    }
    return std::nullopt;
  }

 private:
  // What the cache asks of its owner.
  int write(ref::Folio& folio, const std::vector<bool>& dirty) override {
    const int error = error_of_write(*now_, written_.size());
    written_.push_back({folio.pos(), dirty});
    if (error != 0) met_.push_back(error);
    return error;
  }
  void drops(const ref::Folio& folio) override { note_pages(folio.pos(), folio.end(), dropped_); }
  void while_waiting_for(Number pos) override {
    const Number wait = waits_++;
    if (now_->drops_at != wait) return;
    ref::Folio* const folio = cache_.find(pos);
    if (folio == nullptr || folio->pos() < now_->first || now_->last < folio->end() - 1) return;
    for (Number page = folio->pos(); page < folio->end(); page += kPage) gone_.insert(page);
    users_.unmap(folio->pos(), folio->end());
    cache_.drop(*folio);
  }
  void while_dropping() override {
    if (now_->maps_again) users_.load(spec::round_up(now_->first, kPage));
  }

  static void note_pages(Number from, Number to, std::set<Number>& pages) {
    for (Number page = from; page < to; page += kPage) pages.insert(page);
  }

  Pages pages() {
    Pages all;
    for (auto& [index, folio] : cache_.folios()) {
      for (Number pos = folio.pos(); pos < folio.end(); pos += kPage) {
        Page page;
        const auto bytes = folio.bytes(pos, pos + kPage);
        page.bytes.assign(bytes.begin(), bytes.end());
        for (Number b = 0; b < kBlocks; ++b)
          page.dirty[b] = folio.blocks[(pos - folio.pos()) / kBlock + b].dirty;
        all.emplace(pos, std::move(page));
      }
    }
    return all;
  }
  std::vector<Extent> extents() const {
    std::vector<Extent> all;
    for (const auto& [index, folio] : cache_.folios())
      all.push_back({folio.pos(), folio.size(), folio.dirty()});
    return all;
  }

  void fail(const char* says, const char* source, std::string wanted, std::string got) {
    if (!failure_) failure_ = Failure{says, source, "ref", std::move(wanted), std::move(got)};
  }
  template <class T>
  void expect(const char* says, const char* source, const T& wanted, const T& got) {
    if (wanted != got) fail(says, source, fmt::format("{}", wanted), fmt::format("{}", got));
  }

  void play(const CacheCommand& c) {
    now_ = &c;
    waits_ = 0;
    gone_.clear();
    dropped_.clear();
    written_.clear();
    met_.clear();
    Pages wanted = pages();
    std::vector<Extent> folios = extents();
    std::set<Number> mapped = mapped_;
    const std::optional<int> answer = call(c);

    // What another thread has dropped was never there.
    if (!gone_.empty()) classes_.count(kDropped);
    std::erase_if(folios, [&](const Extent& e) {
      return gone_.contains(e.pos) && gone_.size() * kPage == e.size;
    });
    for (const Number page : gone_) {
      wanted.erase(page);
      mapped.erase(page);
    }
    std::set<Number> dropped;
    switch (c.action) {
      case CacheAction::make: made(c, folios, wanted); break;
      case CacheAction::write: overwrite(c, wanted); break;
      case CacheAction::load:
        if (const Number page = spec::round_down(c.first, kPage); wanted.contains(page))
          mapped.insert(page);
        break;
      case CacheAction::store: store(c, wanted, mapped); break;
      case CacheAction::truncate:
      case CacheAction::punch: cut(c, folios, wanted, mapped, dropped); break;
      case CacheAction::invalidate: invalidate(c, *answer, folios, wanted, mapped, dropped); break;
      case CacheAction::write_back:
        expect("A pass returns its first error.", "PC-4", write_back(c, folios, wanted), *answer);
        break;
      case CacheAction::write_and_wait: write_and_wait(c, *answer, folios, wanted); break;
      default: break;
    }
    compare(wanted, mapped, dropped);
    mapped_ = std::move(mapped);
  }

  /// Makes the call, on the cache. The answer of those that have one.
  std::optional<int> call(const CacheCommand& c) {
    switch (c.action) {
      case CacheAction::make: {
        ref::Folio* const folio = ref::find_or_make_locked(file_, c.first, c.pages * kPage);
        if (folio == nullptr) break;
        if (!folio->uptodate()) {
          fill_pattern(folio->bytes(folio->pos(), folio->end()), seed_, folio->pos());
          for (ref::Block& block : folio->blocks) block.uptodate = true;
        }
        ref::unlock(file_, *folio);
        break;
      }
      case CacheAction::write:
        if (ref::Folio* const folio = ref::find_locked(file_, c.first)) {
          const std::size_t i = (c.first - folio->pos()) / kBlock;
          fill_pattern(folio->block_bytes(i), seed_, folio->block_pos(i));
          folio->blocks[i].dirty = true;
          ref::unlock(file_, *folio);
        }
        break;
      case CacheAction::load:
        if (cache_.find(c.first) != nullptr) users_.load(c.first);
        break;
      case CacheAction::store:
        if (ref::Folio* const folio = cache_.find(c.first))
          users_.store(*folio, c.first, pattern(seed_, c.first));
        break;
      case CacheAction::truncate: ref::truncate_pagecache(file_, c.first); break;
      case CacheAction::punch: ref::truncate_pagecache_range(file_, c.first, c.last); break;
      case CacheAction::invalidate: return ref::invalidate_range2(file_, c.first, c.last);
      case CacheAction::write_back: {
        ref::WritebackControl control{.integrity = c.integrity};
        if (!c.integrity) control.pages_max = c.pages_most;
        return ref::write_range(file_, c.first, c.last, control);
      }
      case CacheAction::write_and_wait: return ref::write_and_wait_range(file_, c.first, c.last);
      case CacheAction::open:
        cursors_[c.which] = errors_.open();
        ledger_.opened(kFile, c.which);
        break;
      case CacheAction::check: ask(c); break;
      case CacheAction::sync: {
        const int answer = errors_.check_and_keep();
        expect("sync answers the error of the flags.", "ES-6", flags_, answer);
        if (answer != 0) classes_.count(kSync);
        break;
      }
    }
    return std::nullopt;
  }

  void ask(const CacheCommand& c) {
    const auto cursor = cursors_.find(c.which);
    if (cursor == cursors_.end()) return;
    const int owed = ledger_.owed(kFile, c.which).last;
    const int answer = errors_.check_and_advance(cursor->second);
    if (!ledger_.answers(kFile, c.which, answer, 0)) {
      fail(
          "A descriptor reports the last error since it has asked, once.", "ES-1, ES-2, ES-3",
          std::to_string(owed), std::to_string(answer));
    }
    if (answer != 0) classes_.count(kReported);
    flags_ = 0;
  }

  void made(const CacheCommand& c, const std::vector<Extent>& before, Pages& wanted) {
    const bool was_there =
        std::ranges::any_of(before, [&](const Extent& e) { return e.touches(c.first, c.first); });
    const ref::Folio* const folio = cache_.find(c.first);
    if (was_there || c.without_memory) {
      if (!was_there && folio != nullptr)
        fail("Without memory no folio is made.", "PC-8", "none", "one");
      return;
    }
    const bool fits = folio != nullptr && folio->size() <= c.pages * kPage &&
                      folio->pos() % folio->size() == 0 && folio->pos() <= c.first &&
                      c.first < folio->end();
    if (!fits)
      return fail("A new folio holds the byte, and is aligned to its size.", "PC-8", "so", "not");
    for (Number pos = folio->pos(); pos < folio->end(); pos += kPage) {
      Page page{std::vector<std::byte>(kPage), {}};
      fill_pattern(page.bytes, seed_, pos);
      if (!wanted.emplace(pos, std::move(page)).second)
        fail("Folios do not overlap.", "PC-8", "a free page", std::to_string(pos));
    }
  }

  void overwrite(const CacheCommand& c, Pages& wanted) {
    const auto page = wanted.find(spec::round_down(c.first, kPage));
    if (page == wanted.end()) return;
    const Number block = spec::round_down(c.first, kBlock), at = block - page->first;
    fill_pattern(std::span(page->second.bytes).subspan(at, kBlock), seed_, block);
    page->second.dirty[at / kBlock] = true;
  }

  void store(const CacheCommand& c, Pages& wanted, std::set<Number>& mapped) {
    const auto page = wanted.find(spec::round_down(c.first, kPage));
    if (page == wanted.end()) return;
    page->second.bytes[c.first - page->first] = pattern(seed_, c.first);
    page->second.dirty.fill(true);  // by the fault, or they have been since
    mapped.insert(page->first);
  }

  void cut(
      const CacheCommand& c, const std::vector<Extent>& folios, Pages& wanted,
      std::set<Number>& mapped, std::set<Number>& dropped) {
    if (c.last < c.first) return;
    for (const Extent& e : folios) {
      if (!e.touches(c.first, c.last)) continue;
      const bool is_large = e.size != kPage && !e.inside(c.first, c.last);
      const bool stays = is_large && c.without_memory;
      if (is_large) classes_.count(stays ? kNoMemory : kSplits);
      for (Number pos = e.pos; pos < e.end(); pos += kPage) {
        const bool whole = c.first <= pos && pos + kPage - 1 <= c.last;
        if (whole && !stays) {
          wanted.erase(pos);
          if (!gone_.contains(pos)) dropped.insert(pos);  // a page of a folio that was split
          continue;
        }
        Page& page = wanted.at(pos);
        for (Number k = std::max(pos, c.first); k < pos + kPage && k <= c.last; ++k)
          page.bytes[k - pos] = std::byte{0};
      }
    }
    std::erase_if(mapped, [&](Number pos) { return c.first <= pos && pos + kPage - 1 <= c.last; });
    if (c.maps_again) classes_.count(kMapped);
  }

  void invalidate(
      const CacheCommand& c, int answer, const std::vector<Extent>& folios, Pages& wanted,
      std::set<Number>& mapped, std::set<Number>& dropped) {
    bool busy = false;
    for (const Extent& e : folios) {
      if (!e.touches(c.first, c.last)) continue;
      busy = busy || e.dirty;
      for (Number pos = e.pos; pos < e.end(); pos += kPage) {
        mapped.erase(pos);
        if (e.dirty) continue;
        wanted.erase(pos);
        dropped.insert(pos);
      }
    }
    if (busy && !dropped.empty()) classes_.count(kBusy);
    expect("An invalidation answers EBUSY if a folio is dirty.", "PC-7", busy ? -EBUSY : 0, answer);
  }

  /// The error of a pass over the range.
  int write_back(const CacheCommand& c, const std::vector<Extent>& folios, Pages& wanted) {
    const bool has_integrity = c.integrity || c.action == CacheAction::write_and_wait;
    std::vector<Written> order;
    Number pages = 0;
    int error = 0;
    for (const Extent& e : folios) {
      if (!e.dirty || !e.touches(c.first, c.last)) continue;
      if (!has_integrity && (error != 0 || c.pages_most <= pages)) {
        classes_.count(error != 0 ? kStoppedByError : kStopped);
        break;
      }
      if (error != 0) classes_.count(kGoesOn);
      if (error == 0) error = error_of_write(c, order.size());
      Written& one = order.emplace_back(Written{e.pos, {}});
      for (Number pos = e.pos; pos < e.end(); pos += kPage) {
        Page& page = wanted.at(pos);
        one.dirty.insert(one.dirty.end(), page.dirty.begin(), page.dirty.end());
        page.dirty.fill(false);
      }
      pages += e.size / kPage;
    }
    if (order != written_) {
      fail(
          "A pass writes each dirty folio of the range once, in ascending order, and its dirty "
          "blocks alone.",
          "PC-1, PC-4", std::to_string(order.size()) + " folios",
          std::to_string(written_.size()) + " folios, or others");
    }
    for (const Extent& e : folios) {
      const bool was_written = std::ranges::find(written_, e.pos, &Written::pos) != written_.end();
      const ref::Folio* const folio = cache_.find(e.pos);
      if (was_written && folio != nullptr && users_.writable_pages(*folio) != 0)
        fail("A folio is written once no user can store to it.", "PC-6", "read-only", "writable");
    }
    for (const int met : met_) {
      ledger_.met(kFile, met);
      if (flags_ != -EIO) flags_ = met == -ENOSPC ? -ENOSPC : -EIO;
    }
    return error;
  }

  void write_and_wait(
      const CacheCommand& c, int answer, const std::vector<Extent>& folios, Pages& wanted) {
    if (c.last < c.first)
      return expect("A range that ends before its start is a success.", "PC-1", 0, answer);
    const int before = flags_;
    const int error = write_back(c, folios, wanted);
    if (error == 0 && before != 0) classes_.count(kFlags);
    expect(
        "write_and_wait_range answers its own error, or one of the flags, and clears them.", "ES-6",
        error != 0 ? error : before, answer);
    flags_ = 0;
  }

  void compare(
      const Pages& wanted, const std::set<Number>& mapped, const std::set<Number>& dropped) {
    const Pages now = pages();
    for (const auto& [pos, page] : wanted) {
      const auto at = now.find(pos);
      if (at == now.end())
        return fail(
            "What is not dropped stays cached.", "PC-2, PC-3, PC-7", std::to_string(pos), "gone");
      if (at->second.dirty != page.dirty)
        return fail(
            "Blocks are dirty from a write to their writeback.", "PC-3, PC-4",
            fmt::format("{} at {}", page.dirty, pos), fmt::format("{}", at->second.dirty));
      const auto differ = std::ranges::mismatch(page.bytes, at->second.bytes).in1;
      if (differ == page.bytes.end()) continue;
      const auto k = static_cast<std::size_t>(differ - page.bytes.begin());
      return fail(
          "Bytes inside a cut are zero, and others stay.", "PC-2, PC-3",
          fmt::format("{:#x} at {}", static_cast<unsigned>(page.bytes[k]), pos + k),
          fmt::format("{:#x}", static_cast<unsigned>(at->second.bytes[k])));
    }
    for (const auto& [pos, page] : now) {
      if (!wanted.contains(pos))
        return fail(
            "What lies whole in the range is dropped.", "PC-2, PC-7", "gone", std::to_string(pos));
      expect(
          "A page is mapped until all of it is cut, or it is invalidated.", "PC-2",
          mapped.contains(pos), users_.is_mapped(pos));
    }
    expect("Of each folio that is dropped the file system hears once.", "DA-1", dropped, dropped_);
  }

  ClassCounts& classes_;
  const CacheCommand* now_ = nullptr;
  Number seed_ = 0;
  Number waits_ = 0;
  std::set<Number> gone_;     // pages that another thread has dropped in this command
  std::set<Number> dropped_;  // those that the cache has dropped in it
  std::vector<Written> written_;
  std::vector<int> met_;  // errors of those writes
  std::set<Number> mapped_;
  int flags_ = 0;  // the error that they answer
  ErrorLedger ledger_;
  std::map<Number, ref::ErrorCursor> cursors_;
  std::optional<Failure> failure_;

  Judge judge_{"ref", nullptr, nullptr};
  PoisonResource memory_;
  ref::AddressSpace cache_{kBlock, &memory_};
  ref::UserMappings users_;
  ref::NotedErrSeq volume_errors_{&judge_, ref::kVolumeErrors};
  ref::MappingErrors errors_{volume_errors_, &judge_, kFile};
  ref::CachedFile file_{kFile, cache_, users_, errors_, *this, &judge_};
};

}  // namespace

ClassCounts cache_classes() { return ClassCounts(kClasses); }

std::optional<Failure> run_cache_case(const CacheCase& checked, ClassCounts& classes) {
  return CacheRun(classes).run(checked);
}

}  // namespace quire::props
