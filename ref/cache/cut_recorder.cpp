// The record of a range that is cut out of a cache.
#include "ref/cache/cut_recorder.h"

namespace quire::ref {
namespace {

std::uint64_t value_of(Folio& folio, std::uint64_t pos) {
  return static_cast<std::uint64_t>(folio.bytes(pos, pos + 1).front());
}

bool is_dirty(const Folio& folio, std::uint64_t pos) {
  for (std::size_t i = 0; i < folio.blocks.size(); ++i) {
    if (folio.touches(i, pos, pos + 1)) return folio.blocks[i].dirty;
  }
  return false;
}

}  // namespace

CutRecorder::CutRecorder(
    AddressSpace& pages, const UserMappings* users, spec::Recorder* recorder, std::uint64_t lstart,
    std::uint64_t lend)
    : pages_(pages), users_(users), recorder_(recorder), lstart_(lstart), lend_(lend) {
  if (recorder == nullptr) return;
  for (auto& [index, folio] : pages.folios()) {
    for (std::uint64_t page = folio.pos(); page < folio.end(); page += spec::kPageSize) {
      remember(folio, page);
      remember(folio, page + spec::kPageSize - 1);
    }
    for (const std::uint64_t pos : {lstart - 1, lstart, lend, lend + 1}) {
      if (folio.pos() <= pos && pos < folio.end()) remember(folio, pos);
    }
  }
}

void CutRecorder::remember(Folio& folio, std::uint64_t pos) {
  bytes_.push_back(
      {.lstart = lstart_,
       .lend = lend_,
       .pos = pos,
       .folio_pos = folio.pos(),
       .folio_size = folio.size(),
       .cached_after = 0,
       .value = value_of(folio, pos),
       .value_after = 0,
       .dirty = is_dirty(folio, pos),
       .dirty_after = 0,
       .mapped = is_mapped(pos),
       .mapped_after = 0});
}

CutRecorder::~CutRecorder() {
  for (spec::CutByte<std::uint64_t>& byte : bytes_) {
    Folio* const folio = pages_.find(byte.pos);
    byte.cached_after = folio != nullptr;
    if (folio != nullptr) {
      byte.value_after = value_of(*folio, byte.pos);
      byte.dirty_after = is_dirty(*folio, byte.pos);
    }
    byte.mapped_after = is_mapped(byte.pos);
    recorder_->step(byte);
  }
}

}  // namespace quire::ref
