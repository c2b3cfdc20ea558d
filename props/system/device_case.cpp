#include "props/system/device_case.h"

#include <fmt/format.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <tuple>
#include <utility>

namespace quire::props {
namespace {

namespace gen = rc::gen;
using Count = std::uint64_t;

constexpr int kNoText = 524;  // ENOTSUPP of the kernel, which the C library does not know

const char* name_of(DeviceSubject subject) {
  switch (subject) {
    case DeviceSubject::best: return "open_block_device()";
    case DeviceSubject::plain: return "the plain device";
    case DeviceSubject::ref: return "ref's device";
  }
  return "?";
}

std::string text_of(const Node& node) {
  const char* kind = "?";
  switch (node.kind) {
    case NodeKind::block: kind = "block device"; break;
    case NodeKind::regular: kind = "regular file"; break;
    case NodeKind::directory: kind = "directory"; break;
    case NodeKind::fifo: kind = "fifo"; break;
    case NodeKind::character: kind = "character device"; break;
  }
  std::string text = fmt::format("{} of {} bytes", kind, node.size);
  if (node.kind == NodeKind::block) text += fmt::format(", sectors of {}", node.sector_size);
  if (node.read_only) text += ", read-only";
  if (node.held_elsewhere) text += ", held elsewhere";
  if (node.children_hold > 0)
    text += fmt::format(", busy for {} tries once it was closed", node.children_hold);
  if (node.refuses_direct) text += ", refuses O_DIRECT";
  if (node.direct == DirectIo::units)
    text +=
        fmt::format(", direct I/O by {} in memory by {}", node.direct_offset, node.direct_memory);
  if (node.swaps > 0) {
    text += fmt::format(
        ", another {} once it is opened, {} times", node.swaps_kind ? "kind" : "file", node.swaps);
  }
  return text;
}

std::string text_of(const RunShape& run) {
  const char* flaw = "";
  switch (run.flaw) {
    case Flaw::none: break;
    case Flaw::odd_pos: flaw = ", a byte off"; break;
    case Flaw::odd_memory: flaw = ", its memory a byte off"; break;
    case Flaw::odd_length: flaw = ", a byte short"; break;
    case Flaw::empty_segment: flaw = ", the last one empty"; break;
    case Flaw::past_end: flaw = ", up to a sector past the end"; break;
    case Flaw::far_behind: flaw = ", from a sector below 2^64"; break;
  }
  return fmt::format("{} x {} behind {}{}", run.segments, run.sectors, run.gap, flaw);
}

std::string text_of(const DeviceCommand& c) {
  const auto moves = [&](const char* name) {
    std::string text = fmt::format("{} handle {}, sectors", name, c.handle);
    for (const RunShape& run : c.runs) text += " [" + text_of(run) + "]";
    if (c.repeat > 1) text += fmt::format(" {} times", c.repeat);
    if (c.at_end) text += " before the end";
    if (c.threads > 0) text += fmt::format(", and in it {} other threads", c.threads);
    return text;
  };
  switch (c.action) {
    case DeviceAction::open: return fmt::format("open handle {} by path {}", c.handle, c.path);
    case DeviceAction::close: return fmt::format("destroy handle {}", c.handle);
    case DeviceAction::read: return moves("read");
    case DeviceAction::write: return moves("write");
    case DeviceAction::flush: return fmt::format("flush handle {}", c.handle);
    case DeviceAction::fork: return fmt::format("fork, and try handle {} in the child", c.handle);
    case DeviceAction::clone: return fmt::format("_Fork, and try handle {} in the child", c.handle);
  }
  return "?";
}

rc::Gen<Count> size() {
  return gen::weightedOneOf<Count>(
      {{6, gen::just(Count{16} << 20)},
       {2, gen::element<Count>(0, 1, 511, 512, 513, 4095, 4096, 8192, 100'000)},
       {2, gen::element<Count>((Count{1} << 33) + 4096, (Count{1} << 32) + 2048, (1 << 20) + 1)}});
}

rc::Gen<Node> node() {
  const auto sector_size = gen::weightedOneOf<Count>(
      {{5, gen::element<Count>(512, 4096)},
       {2, gen::element<Count>(1024, 2048)},
       {2, gen::element<Count>(0, 1, 256, 511, 768, 3000, 8192, 65536)}});
  const auto rare = gen::weightedElement<bool>({{12, false}, {1, true}});
  const auto direct =
      gen::weightedElement<DirectIo>({{1, DirectIo::unknown}, {2, DirectIo::units}});
  const auto unit = gen::weightedElement<std::uint32_t>(
      {{1, 0u}, {1, 4u}, {4, 512u}, {1, 1024u}, {2, 4096u}, {1, 768u}, {1, 8192u}});
  return gen::apply(
      [](NodeKind kind, Count bytes, Count sectors, bool read_only, bool refuses,
         const std::tuple<DirectIo, std::uint32_t, std::uint32_t>& dio,
         const std::tuple<Count, bool>& swaps, const std::tuple<bool, Count>& held) {
        Node n{kind, bytes, sectors, read_only, refuses};
        std::tie(n.direct, n.direct_offset, n.direct_memory) = dio;
        std::tie(n.swaps, n.swaps_kind) = swaps;
        std::tie(n.held_elsewhere, n.children_hold) = held;
        return n;
      },
      gen::weightedElement<NodeKind>(
          {{14, NodeKind::regular},
           {12, NodeKind::block},
           {1, NodeKind::directory},
           {1, NodeKind::fifo},
           {1, NodeKind::character}}),
      size(), sector_size, rare, rare, gen::tuple(direct, unit, unit),
      gen::tuple(
          gen::weightedElement<Count>({{20, 0}, {1, 1}, {1, 9}, {1, 10}, {1, 100}}),
          gen::element(false, true)),
      gen::tuple(rare, gen::weightedElement<Count>({{3, 0}, {2, 1}, {2, 400}, {1, 1000}})));
}

rc::Gen<std::int64_t> any_error() {
  return gen::element<std::int64_t>(
      -EIO, -EACCES, -ENOMEM, -ENXIO, -ENOLCK, -EDOTDOT, -EPERM, -ENOENT, -ELOOP, -kNoText);
}

/// A call while a file is opened that fails.
rc::Gen<CallStrike> strike_at_open() {
  const auto call = gen::element(
      SystemCall::stat, SystemCall::open, SystemCall::open, SystemCall::open, SystemCall::open,
      SystemCall::fstat, SystemCall::ioctl, SystemCall::statx, SystemCall::flock, SystemCall::flock,
      SystemCall::flock, SystemCall::fcntl, SystemCall::ring_init, SystemCall::ring_dontfork);
  return gen::mapcat(call, [](SystemCall one) {
    rc::Gen<std::int64_t> answer = any_error();
    if (one == SystemCall::open) {
      answer = gen::weightedOneOf<std::int64_t>(
          {{1, answer},
           {4, gen::element<std::int64_t>(-EINTR, -EBUSY, -EBUSY, -EBUSY, -EROFS, -EINVAL)}});
    } else if (one == SystemCall::flock) {
      answer = gen::weightedOneOf<std::int64_t>(
          {{1, answer}, {3, gen::element<std::int64_t>(-EINTR, -EWOULDBLOCK)}});
    }
    return gen::apply(
        [one](Count first, Count times, std::int64_t error) {
          return CallStrike{one, first, times, error};
        },
        gen::weightedElement<Count>({{6, 0}, {6, 1}, {2, 2}, {1, 3}}),
        gen::weightedElement<Count>({{6, 1}, {2, 2}, {1, 400}, {1, 1000}}), answer);
  });
}

/// A call that moves bytes, and is answered otherwise.
rc::Gen<CallStrike> strike_at_transfer() {
  const auto call = gen::weightedElement<SystemCall>(
      {{5, SystemCall::transfer}, {3, SystemCall::submit}, {2, SystemCall::sync}});
  return gen::mapcat(call, [](SystemCall one) {
    const auto again = gen::element<std::int64_t>(-EINTR, -EAGAIN);
    rc::Gen<std::int64_t> answer = gen::oneOf(again, any_error());
    if (one == SystemCall::transfer) {
      answer = gen::oneOf(
          answer, gen::element<std::int64_t>(0, 511, 512, 513, 1024),
          gen::element<std::int64_t>(1536, 2048, 4096, 4097, 5000, 8192, 12'288));
    } else if (one == SystemCall::submit) {
      answer = gen::element<std::int64_t>(
          -EINTR, -EAGAIN, -EBUSY, -ENOMEM, -EBADR, -EINVAL, 0, 1, 3, 40);
    }
    return gen::apply(
        [one](Count first, Count times, std::int64_t with) {
          return CallStrike{one, first, times, with};
        },
        gen::weightedOneOf<Count>(
            {{3, gen::inRange<Count>(0, 4)}, {1, gen::inRange<Count>(4, 90)}}),
        gen::weightedElement<Count>({{6, 1}, {2, 2}, {1, 5}, {1, 70}}), answer);
  });
}

rc::Gen<RunShape> run_shape() {
  return gen::apply(
      [](Count gap, Count segments, Count sectors, Flaw flaw) {
        return RunShape{gap, segments, sectors, flaw};
      },
      gen::element<Count>(0, 0, 1, 5),
      gen::weightedOneOf<Count>({{40, gen::inRange<Count>(1, 4)}, {1, gen::just<Count>(0)}}),
      gen::element<Count>(1, 1, 2, 3),
      gen::weightedElement<Flaw>(
          {{80, Flaw::none},
           {1, Flaw::odd_pos},
           {1, Flaw::odd_memory},
           {1, Flaw::odd_length},
           {1, Flaw::empty_segment},
           {1, Flaw::past_end},
           {1, Flaw::far_behind}}));
}

/// Runs of a call, and now and then one of more segments than a system call takes.
rc::Gen<std::vector<RunShape>> run_shapes() {
  const auto usual = gen::resize(
      5, gen::container<std::vector<RunShape>>(gen::resize(rc::kNominalSize, run_shape())));
  const auto is_long = gen::map(gen::element<Count>(1023, 1024, 1025, 2049), [](Count segments) {
    return std::vector<RunShape>{{0, segments, 1, Flaw::none}};
  });
  return gen::weightedOneOf<std::vector<RunShape>>({{25, usual}, {1, is_long}});
}

rc::Gen<DeviceCommand> command() {
  const auto action = gen::weightedElement<DeviceAction>(
      {{4, DeviceAction::open},
       {1, DeviceAction::close},
       {12, DeviceAction::write},
       {8, DeviceAction::read},
       {4, DeviceAction::flush},
       {1, DeviceAction::fork},
       {1, DeviceAction::clone}});
  const auto handle = gen::weightedElement<std::size_t>({{6, 0}, {1, 1}});
  return gen::apply(
      [](DeviceAction a, std::size_t number, std::size_t path, std::vector<RunShape> runs,
         const std::tuple<Count, bool, Count>& how) {
        DeviceCommand c{a, number, path};
        const bool moves = a == DeviceAction::read || a == DeviceAction::write;
        std::tie(c.repeat, c.at_end, c.threads) = how;
        if (moves) c.runs = std::move(runs);
        bool is_long = false;
        for (const RunShape& run : c.runs) is_long = is_long || run.segments > 100;
        if (!moves || is_long) c.repeat = 1;
        if (!moves && a != DeviceAction::flush) c.threads = 0;
        return c;
      },
      action, handle, gen::element<std::size_t>(0, 1), run_shapes(),
      gen::tuple(
          gen::weightedOneOf<Count>({{6, gen::just<Count>(1)}, {1, gen::inRange<Count>(15, 40)}}),
          gen::element(false, true),
          gen::weightedElement<Count>({{12, 0}, {1, 1}, {1, 2}, {1, 3}, {1, 4}})));
}

/// The ring of the first command, a flush, fails while its entry is in flight; the answer that
/// comes late is an error, and a second flush would succeed.
void make_answer_late(DeviceCase& c) {
  c.subject = DeviceSubject::best;
  c.machine.rings = std::max<Count>(c.machine.rings, 1);
  c.machine.strikes = {
      {SystemCall::submit, 0, 1, -EINTR},
      {SystemCall::submit, 1, 1, -ENOMEM},
      {SystemCall::sync, 0, 1, -EIO}};
  c.commands.insert(c.commands.begin(), DeviceCommand{DeviceAction::flush, 0, 0});
}

}  // namespace

void showValue(const DeviceCase& c, std::ostream& os) {
  os << "  " << name_of(c.subject) << " on a " << text_of(c.machine.node) << "; " << c.machine.rings
     << " rings, then error " << c.machine.ring_error << "; order " << c.machine.order
     << (c.machine.from_zero ? "; descriptors from 0 on" : "") << "\n";
  for (const CallStrike& s : c.machine.strikes) {
    os << fmt::format(
        "  {} from number {} on, {} times: {}\n", name_of(s.call), s.first, s.times, s.answer);
  }
  os << "  open handle 0 by path 0\n";
  for (std::size_t i = 0; i < c.commands.size(); ++i)
    os << "  " << i + 1 << ". " << text_of(c.commands[i]) << "\n";
}

rc::Gen<DeviceCase> arbitrary_device_case() {
  const auto few = [](int most, const rc::Gen<CallStrike>& one) {
    return gen::resize(
        most, gen::container<std::vector<CallStrike>>(gen::resize(rc::kNominalSize, one)));
  };
  const auto none = gen::just(std::vector<CallStrike>());
  const auto strikes = gen::oneOf(
      gen::weightedOneOf<std::vector<CallStrike>>({{1, none}, {4, few(5, strike_at_open())}}),
      few(10, strike_at_transfer()), few(10, strike_at_transfer()));
  return gen::apply(
      [](DeviceSubject subject, const Node& n, const std::tuple<Count, int, Count, bool>& rings,
         std::vector<CallStrike> all, std::vector<DeviceCommand> commands, bool is_late) {
        DeviceCase c{subject, {}, std::move(commands)};
        c.machine.node = n;
        std::tie(c.machine.rings, c.machine.ring_error, c.machine.order, c.machine.from_zero) =
            rings;
        c.machine.strikes = std::move(all);
        if (is_late) make_answer_late(c);
        c.machine.is_ref = c.subject == DeviceSubject::ref;
        // No kernel answers 0 to a write of some bytes, and ref does not reckon with it.
        if (c.machine.is_ref) {
          for (CallStrike& s : c.machine.strikes) s.answer = s.answer == 0 ? -EIO : s.answer;
        }
        return c;
      },
      gen::weightedElement<DeviceSubject>(
          {{5, DeviceSubject::best}, {2, DeviceSubject::plain}, {2, DeviceSubject::ref}}),
      node(),
      gen::tuple(
          gen::weightedElement<Count>({{1, 0}, {2, 1}, {1, 2}, {1, 3}, {4, 100}}),
          gen::element(-ENOSYS, -EPERM, -ENOMEM, -EMFILE), gen::arbitrary<Count>(),
          gen::weightedElement<bool>({{3, false}, {1, true}})),
      strikes,
      gen::resize(
          16, gen::container<std::vector<DeviceCommand>>(gen::resize(rc::kNominalSize, command()))),
      gen::weightedElement<bool>({{19, false}, {1, true}}));
}

}  // namespace quire::props
