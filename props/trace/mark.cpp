#include "props/trace/mark.h"

#include "props/trace/fields.h"

#include <fmt/format.h>

#include <cstdio>

namespace quire::props::trace {
namespace {

struct Writer {
  std::string operator()(const VolumeMark& m) const {
    return fmt::format(
        "quire volume block_size={} blocks={} stripe={} margin={}", m.block_size, m.blocks,
        m.stripe, m.margin);
  }
  std::string operator()(const CallMark& m) const {
    return fmt::format(
        "quire {} ino={:#x} pos={:#x} count={:#x} size={:#x} free={}",
        m.is_write ? "write" : "truncate", m.ino, m.pos, m.count, m.size, m.free);
  }
  std::string operator()(const ReturnMark& m) const {
    return fmt::format("quire return ino={:#x} result={} size={:#x}", m.ino, m.result, m.size);
  }
  std::string operator()(const ExtentsMark& m) const {
    std::string list;
    for (const FileExtent& e : m.extents) {
      list += fmt::format("{}+{}@", e.start, e.blocks);
      list += e.delayed ? "-," : fmt::format("{},", e.place);
    }
    return fmt::format("quire extents ino={:#x} whole={} list={}", m.ino, int{m.whole}, list);
  }
};

/// "0+16@24,16+2@-,": each extent ends in a comma.
bool read_list(std::string_view list, std::vector<FileExtent>& extents) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    if (comma == list.npos) return false;
    const std::string one(list.substr(0, comma));
    list.remove_prefix(comma + 1);
    unsigned long long start = 0, blocks = 0, place = 0;
    int read = 0;
    if (std::sscanf(one.c_str(), "%llu+%llu@%n", &start, &blocks, &read) != 2 || read == 0)
      return false;
    const std::string where = one.substr(static_cast<std::size_t>(read));
    if (where != "-" && std::sscanf(where.c_str(), "%llu", &place) != 1) return false;
    extents.push_back({start, blocks, where == "-", place});
  }
  return true;
}

}  // namespace

std::string to_text(const Mark& mark) { return std::visit(Writer{}, mark); }

std::expected<Mark, std::string> parse_mark(std::string_view text) {
  Fields in(text);
  const std::string verb(in.word("quire"));
  Mark mark;
  if (verb == "volume") {
    mark = VolumeMark{
        in.assigned_number("block_size"), in.assigned_number("blocks"),
        in.assigned_number("stripe"), in.assigned_number("margin")};
  } else if (verb == "write" || verb == "truncate") {
    mark = CallMark{
        verb == "write",
        in.assigned_number("ino"),
        in.assigned_number("pos"),
        in.assigned_number("count"),
        in.assigned_number("size"),
        in.assigned_number("free")};
  } else if (verb == "return") {
    mark = ReturnMark{
        in.assigned_number("ino"), static_cast<std::int64_t>(in.assigned_number("result")),
        in.assigned_number("size")};
  } else if (verb == "extents") {
    ExtentsMark of{in.assigned_number("ino"), in.assigned_number("whole") != 0, {}};
    if (!read_list(in.assigned("list"), of.extents)) return std::unexpected("no list of extents");
    mark = of;
  } else {
    return std::unexpected("a mark that quire-check did not make");
  }
  if (!in.wrong().empty()) return std::unexpected("no field " + in.wrong());
  return mark;
}

}  // namespace quire::props::trace
