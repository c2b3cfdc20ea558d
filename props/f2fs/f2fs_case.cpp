#include "props/f2fs/f2fs_case.h"

#include "ref/linux/f2fs/node.h"

#include <fmt/format.h>
#include <rapidcheck.h>

#include <string>
#include <utility>

namespace quire::props {
namespace {

using Number = std::uint64_t;
namespace gen = rc::gen;

constexpr Number kClusters = 3;

std::string text_of(const F2fsCommand& c) {
  const auto of_file = [&](const char* what) { return fmt::format("{} file {}", what, c.file); };
  switch (c.action) {
    case F2fsAction::write:
      return fmt::format("write file {} at {}: {} bytes", c.file, c.pos, c.length);
    case F2fsAction::truncate: return fmt::format("truncate file {} to {}", c.file, c.pos);
    case F2fsAction::write_back: return of_file("write back");
    case F2fsAction::drop_cache: return of_file("drop the cache of");
    case F2fsAction::fsync: return of_file("fsync");
    case F2fsAction::syncfs: return "syncfs";
    case F2fsAction::start_atomic: return of_file("start an atomic write of");
    case F2fsAction::commit_atomic: return of_file("commit the atomic write of");
    case F2fsAction::abort_atomic: return of_file("abort the atomic write of");
    case F2fsAction::pin: return of_file("pin");
    case F2fsAction::unpin: return of_file("unpin");
    case F2fsAction::make_immutable: return of_file("make immutable");
    case F2fsAction::make_mutable: return of_file("make mutable");
    case F2fsAction::release_blocks: return of_file("release the saved blocks of");
    case F2fsAction::reserve_blocks: return of_file("reserve the saved blocks of");
    case F2fsAction::limit_quota:
      return fmt::format("quota of file {}: its blocks and {} more", c.file, c.length % 4);
    case F2fsAction::lift_quota: return of_file("no quota of");
    case F2fsAction::checkpoint: return "checkpoint";
    case F2fsAction::disable_checkpoints: return "disable checkpoints";
    case F2fsAction::enable_checkpoints: return "enable checkpoints";
    case F2fsAction::stop_checkpoints: return "a checkpoint fails";
    case F2fsAction::crash: return "crash";
  }
  return "?";
}

/// A byte, often an edge of a page or a cluster.
rc::Gen<Number> position() {
  const auto page = gen::map(
      gen::inRange<Number>(0, kClusters * ref::f2fs::kClusterPages),
      [](Number n) { return n * ref::f2fs::kBlockSize; });
  return gen::weightedOneOf<Number>(
      {{3, gen::map(
               gen::inRange<Number>(0, kClusters),
               [](Number n) { return n * ref::f2fs::kClusterSize; })},
       {3, page},
       {2, gen::apply(
               [](Number at, Number in) { return at + in; }, page,
               gen::element<Number>(1, 100, 4095))}});
}

rc::Gen<Number> bytes() {
  return gen::weightedElement<Number>(
      {{2, 1}, {2, 100}, {1, 4095}, {4, 4096}, {1, 5000}, {4, 4 * 4096}, {2, 9 * 4096}});
}

rc::Gen<F2fsAction> action() {
  using A = F2fsAction;
  return gen::weightedElement<A>(
      {{24, A::write},
       {4, A::truncate},
       {3, A::write_back},
       {3, A::drop_cache},
       {5, A::fsync},
       {2, A::syncfs},
       {8, A::start_atomic},
       {8, A::commit_atomic},
       {5, A::abort_atomic},
       {3, A::pin},
       {3, A::unpin},
       {2, A::make_immutable},
       {3, A::make_mutable},
       {5, A::release_blocks},
       {5, A::reserve_blocks},
       {3, A::limit_quota},
       {3, A::lift_quota},
       {2, A::checkpoint},
       {1, A::disable_checkpoints},
       {1, A::enable_checkpoints},
       {1, A::stop_checkpoints},
       {4, A::crash}});
}

using Commands = std::vector<F2fsCommand>;

/// What random commands seldom do in a row.
rc::Gen<Commands> beginnings() {
  using A = F2fsAction;
  constexpr Number kPage = ref::f2fs::kBlockSize, kFar = 9 * kPage, kCompressed = 2;
  const Commands saved{
      {A::write, kCompressed, 0, 8 * kPage},
      {A::fsync, kCompressed},
      {A::release_blocks, kCompressed}};
  const auto behind = [](Commands first, const Commands& then) {
    first.insert(first.end(), then.begin(), then.end());
    return first;
  };
  // Without quota, then with it.
  const Commands reserved = behind(
      saved, {{A::limit_quota, kCompressed},
              {A::reserve_blocks, kCompressed},
              {A::lift_quota, kCompressed},
              {A::reserve_blocks, kCompressed}});
  const Commands cut = behind(saved, {{A::truncate, kCompressed, kPage}});
  // The page needs a node block of its own.
  const Commands committed{{A::start_atomic, 0},  {A::write, 0, kFar, 100}, {A::limit_quota, 0},
                           {A::commit_atomic, 0}, {A::lift_quota, 0},       {A::commit_atomic, 0}};
  const Commands lost{
      {A::start_atomic, 0},
      {A::write, 0, kPage, 100},
      {A::write_back, 0, 0, 0, true},
      {A::commit_atomic, 0}};
  const Commands failed{
      {A::start_atomic, 0}, {A::write, 0, kPage, 100}, {A::commit_atomic, 0, 0, 0, true}};
  const Commands pinned{
      {A::write, 0, 0, 4 * kPage}, {A::fsync, 0}, {A::pin, 0}, {A::write, 0, kPage, kPage}};
  return gen::weightedElement<Commands>(
      {{18, {}}, {1, reserved}, {1, cut}, {1, committed}, {1, lost}, {1, failed}, {1, pinned}});
}

bool writes_back(F2fsAction action) {
  return action == F2fsAction::write_back || action == F2fsAction::fsync ||
         action == F2fsAction::commit_atomic;
}

}  // namespace

void showValue(const F2fsCase& c, std::ostream& os) {
  if (!c.each_byte) os << "  bytes are read at the end alone\n";
  for (std::size_t i = 0; i < c.commands.size(); ++i) {
    os << "  " << i + 1 << ". " << text_of(c.commands[i]);
    if (c.commands[i].device_fails) os << "; writes to the device fail";
    os << "\n";
  }
}

rc::Gen<F2fsCase> arbitrary_f2fs_calls() {
  const auto command = gen::apply(
      [](F2fsAction a, Number file, Number pos, Number length, bool fails) {
        return F2fsCommand{a, file, pos, length, fails && writes_back(a)};
      },
      action(), gen::inRange<Number>(0, kF2fsFiles), position(), bytes(),
      gen::weightedElement<bool>({{3, false}, {1, true}}));
  const auto commands = gen::resize(
      60, gen::container<std::vector<F2fsCommand>>(gen::resize(rc::kNominalSize, command)));
  return gen::apply(
      [](bool each_byte, std::vector<F2fsCommand> first, const std::vector<F2fsCommand>& drawn) {
        first.insert(first.end(), drawn.begin(), drawn.end());
        return F2fsCase{each_byte, std::move(first)};
      },
      gen::element(true, false), beginnings(), commands);
}

}  // namespace quire::props
