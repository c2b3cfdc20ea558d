// The outer loop on a real file: the hooks.
#include "ref/linux/iomap/trips.h"

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

class TripHooks {
 public:
  using Mapping = Trip;

  TripHooks(File& file, Ops& ops, const Request& request, const Body& body)
      : file_(file), ops_(ops), request_(request), body_(body) {}

  Trip begin(Number pos, Number length) {
    Trip trip{};
    trip.file = &file_;
    trip.ops = &ops_;
    trip.request = request_;
    trip.error = word_of(ops_.begin(pos, length, request_, trip.mapping, trip.source));
    if (trip.error != 0) return trip;
    trip.end = trip.mapping.end();
    trip.source_end = trip.source.kind == Kind::hole ? spec::kNoEnd : trip.source.end();
    record(trip, pos, length);
    return trip;
  }

  Done body(Trip& trip, Number pos, Number length) { return body_(trip, pos, length); }

  Number end(Trip& trip, Number pos, Number length, Number advanced) {
    return word_of(ops_.end(pos, length, advanced, request_, trip.mapping));
  }

  void trip_begins(const spec::IomapState<Number>&) {}
  void trip_ends(const spec::IomapState<Number>&, bool) {}

 private:
  void record(const Trip& trip, Number pos, Number length) const {
    if (file_.recorder == nullptr) return;
    file_.recorder->step(spec::IomapBegin<Number>{
        .pos = pos,
        .length = length,
        .map_pos = trip.mapping.pos,
        .map_length = trip.mapping.length,
        .kind = number_of(trip.mapping.kind),
        .has_place = trip.mapping.device_pos != kNoPlace,
        .is_new = trip.mapping.is_new,
        .is_shared = trip.mapping.is_shared,
        .stale = trip.mapping.is_stale,
        .source_kind = number_of(trip.source.kind),
        .source_pos = trip.source.pos,
        .source_length = trip.source.length,
    });
  }

  File& file_;
  Ops& ops_;
  const Request& request_;
  const Body& body_;
};

}  // namespace

spec::IomapState<Number> trips(
    File& file, Ops& ops, const Request& request, Number pos, Number length, const Body& body) {
  TripHooks hooks(file, ops, request, body);
  if (file.recorder == nullptr) return iterate<Number>(hooks, pos, length);
  spec::TappedIomap<Number, TripHooks, spec::Recorder> tapped(hooks, *file.recorder);
  return iterate<Number>(tapped, pos, length);
}

}  // namespace quire::ref::iomap
