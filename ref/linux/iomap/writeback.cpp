// Writeback through iomap: collect the dirty blocks into runs, then submit the runs to the device.
#include "ref/linux/iomap/writeback.h"

#include "ref/linux/iomap/cache.h"
#include "ref/linux/iomap/folio_writeback.h"
#include "ref/noted_lock.h"
#include "ref/require.h"

#include <algorithm>
#include <list>
#include <vector>

namespace quire::ref::iomap {
namespace {

using Number = std::uint64_t;

/// Blocks of one or more folios that lie side by side in the file and on the device.
struct Run {
  struct Part {
    FolioWriteback* folio;
    Number length;  ///< bytes
  };

  Ioend ioend;
  Number blocks_end;  ///< first byte of the file past its last block
  std::vector<Part> parts;
};

class Writeback {
 public:
  Writeback(File& file, WritebackOps& ops) : file_(file), ops_(ops) {}

  /// Collects the dirty blocks of one folio.
  void collect(Folio& folio) {
    lock_folio(file_, folio, false);
    if (folio.dirty()) collect_locked(folio);
    unlock_folio(file_, folio);
  }

  /// Writes all runs to the device. Returns 0 or the first error of the whole pass.
  int submit() {
    for (Run& run : runs_) {
      record(run);
      write_run(run);
      // The file system converts extents before the folios' writeback ends (5.4).
      const int completion_error = ops_.complete(run.ioend);
      const int error = completion_error != 0 ? completion_error : run.ioend.error;
      for (const Run::Part& part : run.parts) part.folio->completed(part.length, error);
    }
    int first_error = 0;
    for (const FolioWriteback& folio : folios_) {
      if (first_error == 0) first_error = folio.error();
    }
    return first_error;
  }

 private:
  void collect_locked(Folio& folio) {
    const Number size = file_.size;
    const CountedFolio counted(file_, folio);
    FolioWriteback& writeback = folios_.emplace_back(file_, folio);
    // Bytes past the size may come from a mapping; they must not reach the device.
    folio.zero_from(size);
    for (std::size_t i = 0; i < folio.blocks.size(); ++i) {
      if (!folio.blocks[i].dirty) continue;
      folio.blocks[i].dirty = false;
      // A block past the size is not the file's: it turns clean and is not written.
      if (folio.block_pos(i) < size) collect_block(writeback, folio.block_pos(i));
    }
    writeback.all_collected();
  }

  void collect_block(FolioWriteback& folio, Number pos) {
    Mapping mapping;
    if (const int error = ops_.map_block(pos, mapping); error != 0) return folio.map_failed(error);
    if (mapping.kind == Kind::hole) return folio.over_hole();
    require(
        mapping.kind == Kind::mapped || mapping.kind == Kind::unwritten,
        "a dirty block is mapped to no block of the device");
    if (runs_.empty() || !continues(runs_.back(), pos, mapping)) {
      runs_.push_back({{.pos = pos, .length = 0, .mapping = mapping, .error = 0}, pos, {}});
    }
    append(runs_.back(), folio, mapping);
  }

  static Number device_pos(const Mapping& mapping, Number pos) {
    return mapping.device_pos + (pos - mapping.pos);
  }

  bool continues(const Run& run, Number pos, const Mapping& mapping) const {
    const Mapping& before = run.ioend.mapping;
    return run.blocks_end == pos && before.kind == mapping.kind &&
           before.is_shared == mapping.is_shared &&
           device_pos(before, pos) == device_pos(mapping, pos);
  }

  void append(Run& run, FolioWriteback& folio, const Mapping& mapping) {
    const Number bytes = file_.block_size;
    run.blocks_end += bytes;
    // Bytes past the size now must not move the size on disk later (WBK-2).
    run.ioend.length = std::min(run.blocks_end, file_.size) - run.ioend.pos;
    Mapping& whole = run.ioend.mapping;
    whole.length = std::max(whole.end(), std::min(mapping.end(), run.blocks_end)) - whole.pos;
    if (run.parts.empty() || run.parts.back().folio != &folio) run.parts.push_back({&folio, 0});
    run.parts.back().length += bytes;
    folio.collected(bytes);
  }

  void write_run(Run& run) {
    for (Number pos = run.ioend.pos; pos < run.blocks_end; pos += file_.block_size) {
      Folio* const folio = file_.pages.find(pos);
      require(folio != nullptr && folio->writeback, "a folio left the cache during its writeback");
      const int error = file_.device.write(
          device_pos(run.ioend.mapping, pos), folio->bytes(pos, pos + file_.block_size));
      if (run.ioend.error == 0) run.ioend.error = error;
    }
  }

  void record(const Run& run) const {
    if (file_.recorder == nullptr) return;
    const Mapping& mapping = run.ioend.mapping;
    file_.recorder->step(spec::IoendSubmit<Number>{
        run.ioend.pos, run.ioend.length, run.blocks_end, mapping.pos, mapping.end(),
        file_.block_size, file_.size});
  }

  File& file_;
  WritebackOps& ops_;
  std::list<FolioWriteback> folios_;  // runs point to them
  std::vector<Run> runs_;
};

}  // namespace

int writepages(File& file, WritebackOps& ops, std::uint64_t from, std::uint64_t to) {
  const NotedLock<spec::WritebackLock> pass(file.recorder, file.number);
  Writeback writeback(file, ops);
  for_each_folio(file, from, to, [&](Folio& folio) { writeback.collect(folio); });
  return writeback.submit();
}

}  // namespace quire::ref::iomap
