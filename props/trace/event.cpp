#include "props/trace/event.h"

#include "props/trace/fields.h"

#include <fmt/format.h>

#include <map>

namespace quire::props::trace {
namespace {

using What = decltype(Event::what);
using Reader = What (*)(Fields&);

constexpr std::uint64_t kNoPlace = ~std::uint64_t{0};

template <LockEvent::Verb verb>
What lock(Fields& in) {
  LockEvent event{verb, false, false, false, ""};
  // The other flags are for lockdep, and say how locks nest.
  const std::string flags(in.word("flags"));
  const auto has = [&](const char* name) { return flags.find(name) != flags.npos; };
  event.iolock = has("IOLOCK_");
  event.mmaplock = has("MMAPLOCK_");
  event.ilock = flags.starts_with("ILOCK_") || has("|ILOCK_");
  const std::string_view caller = in.word("caller");
  event.caller = caller.substr(0, caller.find('+'));
  return event;
}

What iter(Fields& in) {
  return IterEvent{
      in.number("pos"), in.number("length"), static_cast<std::int64_t>(in.number("status")),
      in.code("flags")};
}

template <bool is_source>
What map(Fields& in) {
  return MapEvent{is_source,           in.number("addr") != kNoPlace,
                  in.number("offset"), in.number("length"),
                  in.code("type"),     in.code("flags")};
}

template <bool allocated>
What blocks(Fields& in) {
  return BlocksEvent{
      allocated,
      in.word("fork") == "cow",
      in.number("pos"),
      in.number("bytecount"),
      in.number("startoff"),
      in.number("fsbcount")};
}

What cow_found(Fields& in) {
  return BlocksEvent{false, true, 0, 0, in.number("fileoff"), in.number("fsbcount")};
}

What writeback(Fields& in) {
  return WritebackEvent{
      in.number("pos"), in.number("dirty len"), std::get<MapEvent>(map<false>(in))};
}

const std::map<std::string_view, Reader> kReaders{
    {"xfs_ilock", lock<LockEvent::Verb::waits>},
    {"xfs_ilock_nowait", lock<LockEvent::Verb::tried>},
    {"xfs_ilock_demote", lock<LockEvent::Verb::demotes>},
    {"xfs_iunlock", lock<LockEvent::Verb::drops>},
    {"xfs_trans_alloc", [](Fields&) -> What { return TransactionEvent{}; }},
    {"iomap_iter", iter},
    {"iomap_iter_dstmap", map<false>},
    {"iomap_iter_srcmap", map<true>},
    {"xfs_file_buffered_write",
     [](Fields& in) -> What {
       return BufferedWriteEvent{in.number("pos"), in.number("bytecount")};
     }},
    {"xfs_iomap_found", blocks<false>},
    {"xfs_iomap_alloc", blocks<true>},
    {"xfs_reflink_cow_found", cow_found},
    {"xfs_iomap_prealloc_size",
     [](Fields& in) -> What {
       return PreallocEvent{
           in.number("prealloc blocks"), in.number("shift"), in.number("m_allocsize_blocks")};
     }},
    {"mm_filemap_add_to_page_cache",
     [](Fields& in) -> What {
       return FolioEvent{in.assigned_number("ofs"), in.assigned_number("order")};
     }},
    {"iomap_add_to_ioend", writeback},
    {"xfs_zero_eof", [](Fields& in) -> What { return SizeEvent{in.number("isize")}; }},
    {"iomap_zero_iter", [](Fields& in) -> What { return SizeEvent{in.number("size")}; }},
    {"iomap_writeback_folio", [](Fields& in) -> What { return SizeEvent{in.number("size")}; }},
};

bool is_about_a_file(std::string_view name) { return name != "xfs_trans_alloc"; }

}  // namespace

std::expected<std::optional<Event>, std::string> parse_event(
    std::uint64_t line, std::string_view text) {
  const auto refuse = [&](const std::string& why) {
    return std::unexpected(fmt::format("line {}: {}", line, why));
  };
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == text.npos || text[first] == '#') return std::nullopt;
  if (text.find(" [LOST ") != text.npos)
    return refuse("the kernel lost events: " + std::string(text));

  // "  quire-check-123   [001] ..... 5000.256: iomap_iter: dev 7:0 ..."
  const std::size_t cpu = text.find(" [");
  const std::size_t task_end = cpu == text.npos ? text.npos : text.find_last_not_of(' ', cpu);
  const std::size_t dash = task_end == text.npos ? text.npos : text.rfind('-', task_end);
  const std::size_t time = cpu == text.npos ? text.npos : text.find(": ", cpu);
  const std::size_t colon = time == text.npos ? text.npos : text.find(": ", time + 2);
  if (dash == text.npos || colon == text.npos)
    return refuse("not a line of a trace: " + std::string(text));
  const std::string task = fmt::format("task {}", text.substr(dash + 1, task_end - dash));
  const std::string_view name = text.substr(time + 2, colon - time - 2);
  const std::string_view body = text.substr(colon + 2);

  Fields head(task);
  Event event{line, head.number("task"), "", 0, std::string(text), {}};
  if (!head.wrong().empty()) return refuse("no task: " + std::string(text));
  if (name == "tracing_mark_write") {
    const auto mark = parse_mark(body);
    if (!mark) return refuse(mark.error());
    event.what = *mark;
    return event;
  }
  const auto reader = kReaders.find(name);
  if (reader == kReaders.end()) return refuse(fmt::format("event {} is not known", name));
  Fields in(body);
  event.device = in.word("dev");
  if (is_about_a_file(name)) event.ino = in.number("ino", 16);
  event.what = reader->second(in);
  if (!in.wrong().empty()) return refuse(fmt::format("{}: no field {}", name, in.wrong()));
  return event;
}

}  // namespace quire::props::trace
