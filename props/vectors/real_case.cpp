#include "props/vectors/real_case.h"

#include "spec/geometry.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

namespace quire::props {
namespace {

using Number = std::uint64_t;
using Pages = std::vector<Number>;  // by their first bytes, in order
constexpr Number kBlocks = 16;      // of the volume

Command write_of(Number file, Number at, BufferShape memory) {
  Command command;
  command.file = file;
  command.at = static_cast<std::int64_t>(at);
  command.memory = {memory};
  return command;
}

Command of(Action action, Number length) {
  Command command;
  command.action = action;
  command.length = length;
  return command;
}

/// The number of pages of the call's bytes.
Number pages_of(const Vector& vector) {
  const Number start = vector.world.at("start")[0], end = start + vector.world.at("total")[0];
  const Number first = spec::round_down(start, spec::kPageSize);
  return (spec::round_up(end, spec::kPageSize) - first) / spec::kPageSize;
}

/// Why a peer's volume cannot be made to run out behind the first page; empty if it can.
std::string inexact_space(std::string_view peer) {
  const std::string what = "space that runs out behind the first page: ";
  if (peer == "btrfs") return what + "btrfs takes some for what is overwritten";
  if (peer == "f2fs") return what + "f2fs asks for all that a write needs before the first byte";
  return {};
}

/// Why the vector has no real form; empty if it has one.
std::string obstacle(const Vector& vector, const ScriptedCall& scripted, std::string_view peer) {
  if (vector.run.starts_with("ref.iomap_") || vector.run.starts_with("ref.xfs_")) {
    return "a loop of iomap or XFS, that plain files do not run";
  }
  if (!vector.run.ends_with(".call")) return "starts in the middle of a call";
  if (!scripted.ended || !vector.expects) return "lacks words or an answer";
  const bool moves = scripted.unreal.contains("still");
  if (moves && !peer.empty()) return "memory that goes away between fault-in and copy";
  constexpr std::array<std::pair<const char*, const char*>, 6> kUnreal{
      {{"no signal", "a fatal signal: it would end the program"},
       {"no failing end", "a write_end that fails: none of ref's or impl's does"},
       {"pages", "a folio that ends inside a page, or is larger than one"},
       {"filled", "a stale range with part of a block: that is filled before the copy"},
       {"constant", "a page that turns uptodate, or stale, between two attempts"},
       {"space", "space that runs out where a block is there or left"}}};
  for (const auto& [name, why] : kUnreal) {
    if (scripted.unreal.contains(name)) return why;
  }
  if (vector.run == "impl.call" && vector.folios < pages_of(vector)) {
    return "a batch that ends before impl's does";
  }
  const bool first = scripted.written.empty() && scripted.taken.empty();
  return scripted.blocks && !first ? inexact_space(peer) : std::string{};
}

/// Writes to pages; adjacent pages in one write.
void write_pages(Case& made, const Pages& pages) {
  for (auto at = pages.begin(); at != pages.end();) {
    const Number start = *at;
    Number end = start;
    while (at != pages.end() && *at == end) {
      end += spec::kPageSize;
      ++at;
    }
    made.commands.push_back(write_of(0, start, {BufferKind::plain, end - start, 0, 0}));
  }
}

/// Leaves `scripted.blocks` blocks free on the volumes of ref and impl.
void leave_blocks(Case& made, const ScriptedCall& scripted) {
  const Number blocks = kBlocks - scripted.written.size() - *scripted.blocks;
  made.commands.push_back(write_of(1, 0, {BufferKind::plain, blocks * spec::kPageSize, 0, 0}));
}

/// Leaves no block on a kernel's volume: any other number cannot be arranged. Pages that get a
/// block in the call get it before.
void leave_no_block(Case& made, const ScriptedCall& scripted, Number end) {
  // Inside of the file no space is preallocated.
  made.commands.push_back(of(Action::truncate, spec::round_up(end, spec::kPageSize)));
  Pages pages = scripted.written;
  pages.insert(pages.end(), scripted.taken.begin(), scripted.taken.end());
  std::ranges::sort(pages);
  write_pages(made, pages);
  made.commands.push_back(of(Action::fsync, 0));
  made.commands.push_back(of(Action::fill, 0));
}

/// The bytes that can be read at each access to the memory, of `total`.
std::vector<Number> ends_of(const LoopSteps& steps, Number total) {
  std::vector<Number> ends;
  for (const auto& step : steps.iterator) {
    if (is(step, spec::IterAction::revert)) continue;
    const bool copy = is(step, spec::IterAction::copy);
    const Number done = copy ? step.result : step.n - step.result;
    ends.push_back(done < step.n ? step.before.consumed + done : total);
  }
  return ends;
}

/// A buffer between each two adjacent ends of the memory.
std::vector<BufferShape> cut_at(const std::vector<Number>& ends, Number total) {
  std::set<Number> cuts{ends.begin(), ends.end()};
  cuts.insert(total);
  cuts.erase(0);
  std::vector<BufferShape> shapes;
  Number start = 0;
  for (const Number end : cuts) {
    shapes.push_back({BufferKind::ends_in_prot_none, end - start, end - start, 0});
    start = end;
  }
  return shapes;
}

}  // namespace

RealForm real_form(const Vector& vector, std::string_view peer) {
  const bool call = vector.run.ends_with(".call");
  RealForm form{{}, call ? scripted_call(vector) : ScriptedCall{}, {}};
  const ScriptedCall& scripted = form.scripted;
  form.why_not = obstacle(vector, scripted, peer);
  if (!form.why_not.empty()) return form;

  const Number start = vector.world.at("start")[0], total = vector.world.at("total")[0];
  const Number good = vector.world.at("good")[0];
  Case made;
  made.setting.blocks = kBlocks;
  made.setting.folio_max = spec::kPageSize;
  if (scripted.blocks && !peer.empty()) {
    leave_no_block(made, scripted, start + total);
  } else {
    write_pages(made, scripted.written);
    if (scripted.blocks) leave_blocks(made, scripted);
  }
  const BufferKind kind = good < total ? BufferKind::ends_in_prot_none : BufferKind::plain;
  made.commands.push_back(write_of(0, start, {kind, total, good, 0}));
  made.commands.back().look_back = peer.empty();
  made.commands.back().answer = vector.answer;
  const bool moves = scripted.unreal.contains("still");
  if (moves) {
    Command& call = made.commands.back();
    call.ends = ends_of(scripted.steps, total);
    call.memory = cut_at(call.ends, total);
  }
  form.made.push_back(made);
  if (peer.empty() && !moves) {
    made.setting.folio_max = spec::kFolioSizeMax;
    form.made.push_back(std::move(made));
  }
  return form;
}

}  // namespace quire::props
