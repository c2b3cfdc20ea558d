#include "props/vectors/real_case.h"

#include "props/vectors/run_vector.h"
#include "spec/geometry.h"
#include "spec/word.h"

#include <algorithm>
#include <cerrno>
#include <map>
#include <set>
#include <sstream>

namespace quire::props {
namespace {

using Number = std::uint64_t;
constexpr Number kBlocks = 16;  // of the volume

Command write_of(Number file, Number at, BufferShape memory) {
  Command command;
  command.file = file;
  command.at = static_cast<std::int64_t>(at);
  command.memory = {memory};
  return command;
}

bool any(const Vector& vector, const char* name) {
  const auto found = vector.world.find(name);
  return found != vector.world.end() &&
         std::ranges::any_of(found->second, [](Number word) { return word != 0; });
}

/// The pages whose state makes a difference, since a copy into them stops short.
struct Pages {
  std::map<Number, std::set<bool>> uptodate;  ///< by their first byte
  bool in_part = false;                       ///< a stale range begins or ends inside a block
};

Pages pages_of(const Vector& vector) {
  Pages pages;
  std::size_t begun = 0, ended = 0;
  std::vector<std::size_t> trip;  // the folios of this one that are not ended
  for (const std::string& text : vector.asks) {
    std::istringstream asked{text};
    std::string what;
    Number pos = 0, length = 0, copied = 0;
    asked >> what >> pos >> length >> copied;
    if (what == "write_begin") {
      if (vector.world.at("begin_errno")[begun] == 0) trip.push_back(begun);
      ++begun;
    } else if (what == "write_end") {
      const bool uptodate = vector.world.at("uptodate")[trip[ended++]] != 0;
      if (copied == length) continue;
      const Number page = spec::round_down(pos, spec::kPageSize);
      pages.uptodate[page].insert(uptodate);
      pages.in_part |= !uptodate && (pos != page || length != spec::kPageSize);
    }
  }
  return pages;
}

/// Why nobody can bring it about; empty if somebody can.
std::string obstacle(const Vector& vector, const Pages& pages) {
  if (!vector.run.ends_with(".call")) return "starts in the middle of a call";
  if (any(vector, "signal")) return "a fatal signal: it would end the program";
  if (any(vector, "end_errno")) return "a write_end that fails: none of ref's or impl's does";
  const std::set<std::string> unreal = unreal_in(vector);
  if (unreal.contains("still")) return "memory that goes away between fault-in and copy";
  if (unreal.contains("pages")) return "a folio that ends inside a page, or is larger than one";
  if (pages.in_part) return "a stale range with part of a block: that is filled before the copy";
  for (const auto& [page, states] : pages.uptodate) {
    if (states.size() > 1) return "a page that turns uptodate between two attempts";
  }
  const auto errors = vector.world.find("begin_errno");
  if (errors != vector.world.end() &&
      std::ranges::find_if(errors->second, [](Number e) { return e != 0; }) >
          errors->second.begin() &&
      any(vector, "begin_errno")) {
    return "space that runs out behind the first folio";
  }
  return {};
}

}  // namespace

RealForm real_form(const Vector& vector, bool for_peer) {
  const Pages pages = pages_of(vector);
  if (std::string why = obstacle(vector, pages); !why.empty()) return {{}, std::move(why)};
  const Number start = vector.world.at("start")[0], total = vector.world.at("total")[0];
  const Number good = vector.world.at("good")[0];
  Case made;
  made.setting.blocks = kBlocks;
  made.setting.folio_max = spec::kPageSize;
  for (const auto& [page, states] : pages.uptodate) {
    if (*states.begin())
      made.commands.push_back(write_of(0, page, {BufferKind::plain, spec::kPageSize, 0, 0}));
  }
  if (any(vector, "begin_errno")) {
    if (for_peer) {
      Command fill;
      fill.action = Action::fill;
      made.commands.push_back(fill);
    } else {
      const Number bytes = (kBlocks - made.commands.size()) * spec::kPageSize;
      made.commands.push_back(write_of(1, 0, {BufferKind::plain, bytes, 0, 0}));
    }
  }
  const BufferKind kind = good < total ? BufferKind::ends_in_prot_none : BufferKind::plain;
  made.commands.push_back(write_of(0, start, {kind, total, good, 0}));
  made.commands.back().look_back = !for_peer;
  return {std::move(made), {}};
}

}  // namespace quire::props
