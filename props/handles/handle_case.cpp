#include "props/handles/handle_case.h"

#include <fmt/format.h>
#include <rapidcheck.h>

#include <climits>
#include <string>
#include <tuple>
#include <utility>

namespace quire::props {
namespace {

namespace gen = rc::gen;

std::string text_of(const HandleCommand& c) {
  switch (c.action) {
    case HandleAction::open: return fmt::format("open handle {} on file {}", c.handle, c.file);
    case HandleAction::move: return fmt::format("move handle {} to {}", c.handle, c.other);
    case HandleAction::close: return fmt::format("close handle {}", c.handle);
    case HandleAction::write:
      return fmt::format("write handle {} at {}: {} bytes", c.handle, c.at, c.length);
    case HandleAction::read:
      return fmt::format("read handle {} at {}: {} bytes", c.handle, c.at, c.length);
    case HandleAction::fsync: return fmt::format("fsync handle {}", c.handle);
    case HandleAction::truncate: return fmt::format("truncate handle {} to {}", c.handle, c.at);
    case HandleAction::ask: return fmt::format("ask handle {}", c.handle);
    case HandleAction::drop_cache: return fmt::format("drop_cache handle {}", c.handle);
    case HandleAction::move_volume: return "move the volume away and back";
    case HandleAction::destroy_volume: return "destroy the volume";
    case HandleAction::fork: return "fork";
  }
  return "?";
}

std::string text_of(const OddAnswer& a) {
  switch (a.kind) {
    case OddAnswer::answers: return fmt::format("{}", a.answer);
    case OddAnswer::no_memory: return "bad_alloc";
    case OddAnswer::throws: return "another exception";
    case OddAnswer::sets_nothing: return "nothing";
  }
  return "?";
}

rc::Gen<HandleCommand> handle_command() {
  const auto action = gen::weightedElement<HandleAction>(
      {{5, HandleAction::open},
       {3, HandleAction::move},
       {2, HandleAction::close},
       {8, HandleAction::write},
       {5, HandleAction::read},
       {3, HandleAction::fsync},
       {3, HandleAction::truncate},
       {5, HandleAction::ask},
       {2, HandleAction::drop_cache},
       {1, HandleAction::move_volume},
       {1, HandleAction::destroy_volume},
       {1, HandleAction::fork}});
  const auto handle = gen::weightedElement<std::size_t>({{3, 0}, {1, 1}, {1, 2}});
  return gen::apply(
      [](HandleAction a, std::size_t one, std::size_t other, std::uint64_t file, std::int64_t at,
         std::uint64_t length) { return HandleCommand{a, one, other, file, at, length}; },
      action, handle, handle, gen::element<std::uint64_t>(0, 1, UINT64_MAX),
      gen::weightedElement<std::int64_t>(
          {{4, 0}, {4, -1}, {1, -2}, {1, INT64_MIN}, {1, 1}, {1, 511}, {2, 4096}, {1, 20'000}}),
      gen::element<std::uint64_t>(0, 1, 100, 4096, 9000));
}

}  // namespace

void showValue(const HandleCase& c, std::ostream& os) {
  os << fmt::format(
      "  blocks of {} bytes on a device of {} bytes, sectors of {}; opening oddity {}; memory of "
      "its own: {}\n",
      c.block_size, c.device_bytes, c.sector_size, static_cast<int>(c.odd), c.own_memory);
  os << "  a device answers:";
  for (const OddAnswer& a : c.answers) os << " " << text_of(a);
  os << "\n";
  for (std::size_t i = 0; i < c.commands.size(); ++i)
    os << "  " << i + 1 << ". " << text_of(c.commands[i]) << "\n";
}

rc::Gen<HandleCase> arbitrary_handle_case() {
  const auto block_size = gen::weightedOneOf<std::uint64_t>(
      {{6, gen::element<std::uint64_t>(512, 1024, 2048, 4096)},
       {1, gen::element<std::uint64_t>(0, 1, 256, 511, 513, 768, 1000, 6144, 8192, 1 << 20)}});
  const auto sector_size = gen::weightedOneOf<std::uint32_t>(
      {{6, gen::just(512u)},
       {3, gen::element(1024u, 2048u, 4096u)},
       {1, gen::element(0u, 1u, 256u, 768u, 8192u)}});
  const auto blocks = gen::weightedElement<std::uint64_t>({{6, 300}, {1, 0}, {1, 15}, {1, 16}});
  const auto odd_bytes = gen::weightedElement<std::uint64_t>({{3, 0}, {1, 511}});
  const auto answer = gen::apply(
      [](OddAnswer::Kind kind, int number) {
        return OddAnswer{kind, number};
      },
      gen::weightedElement<OddAnswer::Kind>(
          {{8, OddAnswer::answers},
           {1, OddAnswer::no_memory},
           {1, OddAnswer::throws},
           {1, OddAnswer::sets_nothing}}),
      gen::element(0, 0, -1, 1, 2, -5, -28, -4094, -4095, -4096, INT_MIN, INT_MAX));
  return gen::apply(
      [](const std::tuple<std::uint64_t, std::uint32_t, std::uint64_t, std::uint64_t>& sizes,
         OddOpening odd, bool own_memory, std::vector<OddAnswer> answers,
         std::vector<HandleCommand> commands) {
        HandleCase c;
        c.block_size = std::get<0>(sizes);
        c.sector_size = std::get<1>(sizes);
        c.device_bytes = std::get<2>(sizes) * c.block_size + std::get<3>(sizes);
        c.odd = odd;
        c.own_memory = own_memory;
        c.answers = std::move(answers);
        c.commands = std::move(commands);
        return c;
      },
      gen::tuple(block_size, sector_size, blocks, odd_bytes),
      gen::weightedElement<OddOpening>(
          {{30, OddOpening::none},
           {1, OddOpening::no_device},
           {1, OddOpening::name},
           {1, OddOpening::size},
           {1, OddOpening::size_no_memory},
           {1, OddOpening::sector_size}}),
      gen::element(false, true), gen::container<std::vector<OddAnswer>>(3, answer),
      gen::resize(
          60, gen::container<std::vector<HandleCommand>>(
                  gen::resize(rc::kNominalSize, handle_command()))));
}

}  // namespace quire::props
