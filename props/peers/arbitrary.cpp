#include "props/peers/arbitrary.h"

#include "props/differential/arbitrary_fault.h"
#include "props/differential/pieces.h"
#include "props/peers/arbitrary_commands.h"

#include <rapidcheck.h>

#include <algorithm>
#include <functional>
#include <optional>

namespace quire::props {
namespace {

using Number = std::uint64_t;
namespace gen = rc::gen;

/// A volume of ref's costs little to fill. Often, where F2FS is to collect space.
constexpr std::size_t kModelFills = 4, kManyFills = 16;

using CommandsIn = std::function<rc::Gen<Command>(const Windows&)>;

bool has_faults(const Case& drawn) {
  return std::ranges::any_of(drawn.commands, [](const Command& c) { return c.fault.has_value(); });
}

/// What some cases have besides their commands: none of a sort where it is empty.
struct Besides {
  CommandsIn interleaved = {};  ///< commands during which a second thread runs
  CommandsIn to_fail = {};      ///< commands for faults
  FaultWeights (*faults)(const Command& during) = kinds_of_fault;
  bool large = false;  ///< positions may be large
};

/// settings: the block size and the mount's number; the rest is set here. Windows are small: ref
/// clones each block.
rc::Gen<Case> arbitrary_case_on(
    const rc::Gen<Setting>& settings, const CommandsIn& one, const Besides& besides = {}) {
  const auto universe = gen::weightedElement<Number>({{8, 16 << 10}, {4, 256 << 10}, {1, 4 << 20}});
  const auto windows = gen::mapcat(universe, [large = besides.large](Number bytes) {
    return large ? any_windows(bytes) : gen::just(Windows{bytes});
  });
  return gen::mapcat(gen::resize(rc::kNominalSize, windows), [=](const Windows& w) {
    const int length = w.bytes > (1 << 20) ? 8 : 25;
    const auto full = [](auto g) { return gen::resize(rc::kNominalSize, std::move(g)); };
    const std::size_t interleaved = besides.interleaved ? 2 : 0;
    // What a fault has lost is written anew as a whole: in small files alone.
    const bool is_small = w.bytes <= (1 << 20) && w.starts.size() == 1;
    const std::size_t failing = besides.to_fail && is_small ? 2 : 0;
    const auto sequence = [&](rc::Gen<Command> each) {
      return gen::resize(length, gen::container<std::vector<Command>>(full(std::move(each))));
    };
    const auto failing_sequence = [&] {
      const CommandsIn& to_fail = failing == 0 ? one : besides.to_fail;
      return gen::map(
          sequence(with_fault(besides.faults, to_fail(w))), [](const std::vector<Command>& drawn) {
            return clean_before_drops(dropped_before_reads(drawn));
          });
    };
    return gen::apply(
        [](const Setting& setting, bool each_byte, std::vector<Command> commands) {
          Case drawn{setting, std::move(commands)};
          drawn.setting.blocks = kPeerVolumeBytes / drawn.setting.block_size;
          // What is read after each command is cached, and cannot fail to be read.
          drawn.setting.each_byte = each_byte != has_faults(drawn);
          return with_faults_alone(std::move(drawn));
        },
        full(settings), gen::weightedElement<bool>({{2, true}, {1, false}}),
        gen::weightedOneOf<std::vector<Command>>(
            {{6 - interleaved - failing, sequence(one(w))},
             {interleaved, sequence((interleaved == 0 ? one : besides.interleaved)(w))},
             {failing, failing_sequence()}}));
  });
}

/// Settings of one of ref's models: the block size is one of `sizes`, the mount's number below
/// `mounts`.
rc::Gen<Setting> mounted_settings(std::vector<Number> sizes, Number mounts) {
  return gen::apply(
      [](Number block_size, Number mount, Number sync, Number throttle) {
        Setting setting;
        setting.throttle = throttle;
        setting.block_size = block_size;
        setting.mount = mount;
        setting.sync = sync;
        return setting;
      },
      gen::elementOf(std::move(sizes)), gen::inRange<Number>(0, mounts),
      gen::weightedElement<Number>({{2, 0}, {1, 1}, {1, 2}}),
      gen::weightedElement<Number>({{5, 0}, {1, 20}, {1, 100}, {1, 400}}));
}

/// With quotas of one kind or more. Soft limits and extent-size hints are left to other suites. All
/// limits have as many hundreds: how scarce a kind is counts in hundredths of its limit, and of two
/// kinds that are as scarce by unlike hundredths Linux takes the first, so that their order shows.
rc::Gen<Setting> settings_with_quotas() {
  const auto limit = gen::weightedOneOf<std::optional<Number>>(
      {{2, gen::just(std::optional<Number>())},
       {3, gen::map(gen::inRange<Number>(0, 100), [](Number n) { return std::optional(n); })}});
  return gen::map(
      gen::tuple(
          mounted_settings({4096, 512, 512}, kMounts),
          gen::weightedElement<Number>({{2, 0}, {2, 1}, {1, 2}, {1, 3}}), limit, limit, limit,
          gen::inRange<Number>(0, 3),
          gen::weightedElement<Number>({{2, 0}, {1, 1}, {1, 2}, {1, 7}})),
      [](const auto& drawn) {
        auto [setting, hundreds, user, group, project, kind, apart] = drawn;
        const auto blocks = [=](const std::optional<Number>& rest) {
          return rest ? std::max<Number>(100 * hundreds + *rest, 1) : 0;
        };
        setting.quota = {blocks(user), blocks(group), blocks(project)};
        if (!user && !group && !project) setting.quota[kind] = 16;
        setting.quota_apart = apart;
        return setting;
      });
}

CommandsIn any_commands(bool late, std::size_t fills) {
  return [=](const Windows& windows) { return any_command(windows, late, fills); };
}

CommandsIn any_to_fail(bool late) {
  return [=](const Windows& windows) { return command_to_fail(windows, late); };
}

}  // namespace

Case with_faults_alone(Case drawn) {
  if (!has_faults(drawn)) return drawn;
  drawn.setting.throttle = 0;
  std::erase_if(drawn.commands, [](const Command& c) { return c.action == Action::fill; });
  for (Command& c : drawn.commands) {
    c.actors.clear();
    if (moves_bytes(c)) c = waiting(std::move(c));
  }
  return drawn;
}

rc::Gen<Case> arbitrary_peer_case(bool late) {
  return arbitrary_case_on(gen::just(Setting{}), any_commands(late, 1));
}

rc::Gen<Case> arbitrary_xfs_case(bool late) {
  return arbitrary_case_on(
      sometimes_far(mounted_settings({4096, 4096, 2048, 1024, 512}, kMounts)),
      any_commands(late, kModelFills),
      {.interleaved =
           [=](const Windows& windows) {
             return with_actors(any_command(windows, late, kModelFills));
           },
       .to_fail = any_to_fail(late),
       .large = true});
}

rc::Gen<Case> arbitrary_mounted_case(bool late) {
  return arbitrary_case_on(
      sometimes_far(mounted_settings({4096}, kMounts)), any_commands(late, kModelFills),
      {.to_fail = any_to_fail(late)});
}

rc::Gen<Case> arbitrary_f2fs_case(bool late) {
  return arbitrary_case_on(
      sometimes_far(mounted_settings({4096}, kMounts)), any_commands(late, kModelFills),
      {.interleaved =
           [=](const Windows& windows) {
             return with_evictions(any_command(windows, late, kManyFills));
           },
       .to_fail = any_to_fail(late),
       .faults = kinds_of_fault_of_f2fs,
       .large = true});
}

rc::Gen<Case> arbitrary_quota_case(bool late) {
  return arbitrary_case_on(
      settings_with_quotas(), [=](const Windows& windows) { return quota_command(windows, late); });
}

}  // namespace quire::props
