// The outer loop on a real file: the hooks.
#include "ref/linux/iomap/iterations.h"

#include "ref/linux/iomap/iter.h"
#include "spec/linux/iomap/tapped.h"

namespace quire::ref::iomap {
namespace {

using Number = std::uint64_t;

Number number_of(Kind kind) { return static_cast<Number>(kind); }
static_assert(
    static_cast<Number>(Kind::inline_data) == static_cast<Number>(spec::MappingKind::inline_data));

/// A negative errno, or 0, as a word.
Number word_of(int error) { return error == 0 ? 0 : spec::error(-error); }

class IterationHooks {
 public:
  using Mapping = Iteration;

  IterationHooks(File& file, Ops& ops, const Request& request, const Body& body)
      : file_(file), ops_(ops), request_(request), body_(body) {}

  Iteration begin(Number pos, Number length) {
    Iteration iteration{};
    iteration.file = &file_;
    iteration.ops = &ops_;
    iteration.request = request_;
    iteration.error =
        word_of(ops_.begin(pos, length, request_, iteration.mapping, iteration.source));
    if (iteration.error != 0) return iteration;
    iteration.end = iteration.mapping.end();
    iteration.source_end =
        iteration.source.kind == Kind::hole ? spec::kNoEnd : iteration.source.end();
    record(iteration, pos, length);
    // A read and a fault map blocks of a folio that they have locked.
    const bool holds_a_folio = request_.fault || (!request_.write && !request_.zero);
    if (file_.others_run && !holds_a_folio) file_.others_run(Yield::mapped);
    return iteration;
  }

  Done body(Iteration& iteration, Number pos, Number length) {
    return body_(iteration, pos, length);
  }

  Number end(Iteration& iteration, Number pos, Number length, Number advanced) {
    return word_of(ops_.end(pos, length, advanced, request_, iteration.mapping));
  }

  void iteration_begins(const spec::IomapState<Number>&) {}
  void iteration_ends(const spec::IomapState<Number>&, bool) {}

 private:
  void record(const Iteration& iteration, Number pos, Number length) const {
    if (file_.recorder == nullptr) return;
    file_.recorder->step(spec::IomapBegin<Number>{
        .pos = pos,
        .length = length,
        .map_pos = iteration.mapping.pos,
        .map_length = iteration.mapping.length,
        .kind = number_of(iteration.mapping.kind),
        .has_device_pos = iteration.mapping.device_pos != kNoDevicePos,
        .is_new = iteration.mapping.is_new,
        .is_shared = iteration.mapping.is_shared,
        .stale = iteration.mapping.is_stale,
        .source_kind = number_of(iteration.source.kind),
        .source_pos = iteration.source.pos,
        .source_length = iteration.source.length,
    });
  }

  File& file_;
  Ops& ops_;
  const Request& request_;
  const Body& body_;
};

}  // namespace

spec::IomapState<Number> for_each_mapping(
    File& file, Ops& ops, const Request& request, Number pos, Number length, const Body& body) {
  IterationHooks hooks(file, ops, request, body);
  if (file.recorder == nullptr) return iterate<Number>(hooks, pos, length);
  spec::TappedIomap<Number, IterationHooks, spec::Recorder> tapped(hooks, *file.recorder);
  return iterate<Number>(tapped, pos, length);
}

}  // namespace quire::ref::iomap
