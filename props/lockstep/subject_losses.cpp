// The blocks that a subject's failed writes have lost, and how they read afterwards.
#include "props/lockstep/subject_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

namespace quire::props {

bool SubjectRun::lacks_the_same_blocks(const SubjectRun& other) const {
  const auto holes_of = [](const SubjectRun& run, Number number) {
    const auto at = run.losses_.find(number);
    return at == run.losses_.end() ? BlockRanges() : at->second.holes();
  };
  // A block that may be dirty still may hold a reservation.
  const auto is_sure = [](const SubjectRun& run) {
    return std::ranges::none_of(run.losses_, [](const auto& of_file) {
      return std::ranges::any_of(of_file.second.lost(), [](const auto& block) {
        return !block.second.certain && !block.second.mapped;
      });
    });
  };
  if (!is_sure(*this) || !is_sure(other)) return false;
  for (Number number = 0; number < 2; ++number) {
    if (holes_of(*this, number) != holes_of(other, number)) return false;
  }
  return true;
}

SubjectRun::Mappings SubjectRun::mappings_before(const Command& c, Number pos) {
  Mappings mappings;
  if (!c.fault || c.fault->kind != FaultKind::write) return mappings;
  const auto look_up = [&](Number number, Number block) {
    if (const auto mapped = subject_->device_block_of(number, block))
      mappings.emplace(std::pair(number, block), *mapped);
  };
  for (const auto& [number, of] : losses_) {
    of.dirty().for_each([&, n = number](Number block) { look_up(n, block); });
  }
  const Number bs = setting_.block_size, end = pos + total_bytes(c);
  for (Number block = pos / bs; block * bs < end; ++block) look_up(c.file, block);
  look_up(c.file, file(c.file).size() / bs);  // a write behind the end zeroes its rest
  return mappings;
}

void SubjectRun::note_resize(Number number, Number size) {
  const Number before = file(number).size();
  if (before == size) return;
  const Number edge = std::min(before, size) / setting_.block_size;
  losses(number).resized(before, size, subject_->device_block_of(number, edge).has_value());
}

void SubjectRun::settle(const Command& c, const Mappings& before, Number pos, Number end) {
  const FaultInjector& faults = subject_->faults();
  bool any = false, any_good = false;
  int error = 0;
  Number failed_blocks = 0;
  for (const DeviceEvent& event : faults.events()) {
    if (event.kind != FaultKind::write) continue;
    any = true;
    any_good = any_good || event.error == 0;
    if (event.error == 0) continue;
    error = event.error;
    failed_blocks += event.bytes / setting_.block_size;
  }
  const FailureManners& manners = subject_->manners();
  if (error != 0 && manners.tries_again && c.fault->reach == FaultReach::once) error = 0;
  const bool keeps = error == -ENOMEM && manners.dirty_on_enomem;
  const bool is_fsync = c.action == Action::fsync;
  if (is_fsync) {
    if (any_good) errors_.arrived(c.file);
    if (error != 0 && !keeps) errors_.met(c.file, error);
    stays_dirty_ = keeps;
    BlockLosses& of = losses(c.file);
    if (error == 0 && of.lost().empty() && of.stale().empty()) return of.known_clean();
  }
  if (!any && !is_fsync) return;

  const Number bs = setting_.block_size;
  const DeviceAnswers writes(faults.events(), FaultKind::write, bs);
  std::set<Number> explained;                       // device blocks
  std::vector<std::pair<Number, Number>> unmapped;  // file blocks that may be lost
  Number lost_unmapped = 0;
  for (auto& [number, of] : losses_) {
    if (is_fsync && number != c.file) continue;
    std::vector<Number> dirty;
    of.dirty().for_each([&](Number block) { dirty.push_back(block); });
    bool met = false;
    for (const Number block : dirty) {
      const bool again =
          number == c.file && pos < end && pos / bs <= block && block <= (end - 1) / bs;
      const auto mapped = subject_->device_block_of(number, block);
      const auto was = before.find({number, block});
      if (was != before.end() && was->second != mapped) {
        fail(
            {"A block of the device stays a file's when a write to it fails.", "WBK-3", name(),
             fmt::format("block {} of file {} at {}", block, number, was->second),
             mapped ? std::to_string(*mapped) : "a hole"});
      }
      if (!mapped) {
        if (!is_fsync) unmapped.emplace_back(number, block);
        if (!is_fsync || keeps) continue;
        if (error != 0) {
          // One that a pass before this may have lost need not have been written now.
          lost_unmapped += of.lost().contains(block) ? 0 : 1;
          of.lose(block, {std::vector<std::byte>(bs), false, true});
        } else {
          of.known_clean(block);  // and lost, if that was not certain; else it must be zero
        }
        continue;
      }
      const DeviceAnswers::Answer* const answer = writes.find(*mapped);
      if (answer == nullptr) {
        if (is_fsync) of.known_clean(block);
        continue;
      }
      explained.insert(*mapped);
      if (answer->last == 0) {
        if (!is_fsync) errors_.arrived(number);
        of.arrived(block, again);
        continue;
      }
      if (was == before.end() && !answer->ever_good) {
        fail(
            {"A newly allocated block whose write failed is not read from the device.",
             "WBK-3, WBK-4, O3", name(), fmt::format("a hole at block {}", block),
             fmt::format("block {} of the device", *mapped)});
      }
      if (keeps) continue;
      met = true;
      of.lose(block, {on_device(*mapped), true, !again});
    }
    if (met && !is_fsync) errors_.met(number, error);
  }
  if (error == 0 || keeps) return;

  // The rest failed in blocks that were new, and are holes again: whose they were is not seen.
  Number unexplained = 0;
  writes.for_each([&](Number block, const DeviceAnswers::Answer& answer) {
    unexplained += answer.last != 0 && !explained.contains(block) ? 1 : 0;
  });
  if (is_fsync) {
    // Without a second try, the next block may have been given the place of one that failed.
    if (!manners.tries_again) unexplained = failed_blocks;
    if (unexplained < lost_unmapped) {
      fail(
          {"Only blocks whose write failed are lost.", "WBK-4", name(),
           fmt::format("at most {} new blocks lost", unexplained), std::to_string(lost_unmapped)});
    }
    return;
  }
  if (unexplained == 0) return;
  std::set<Number> of_files;
  for (const auto& [number, block] : unmapped) {
    of_files.insert(number);
    losses(number).lose(block, {std::vector<std::byte>(bs), false, false});
  }
  for (const Number number : of_files) {
    if (of_files.size() == 1) {
      errors_.met(number, error);
    } else {
      errors_.may_have_met(number, error);
    }
  }
}

std::vector<std::byte> SubjectRun::on_device(Number device_block) {
  std::vector<std::byte> bytes(setting_.block_size);
  if (const int error = subject_->read_device(device_block * bytes.size(), bytes); error != 0) {
    throw std::runtime_error(fmt::format("the device cannot be read: {}", std::strerror(-error)));
  }
  return bytes;
}

FileModel SubjectRun::device_view(Number number) {
  FileModel view = file(number);
  const Number bs = setting_.block_size;
  const auto put = [&](Number block, std::span<const std::byte> bytes) {
    if (view.size() <= block * bs) return;
    view.write(block * bs, bytes.first(std::min(bs, view.size() - block * bs)));
  };
  for (const auto& [block, lost] : losses(number).lost()) put(block, lost.image);
  if (!stays_dirty_) return view;
  // What is dirty still may lie there as it was before.
  losses(number).dirty().for_each([&](Number block) {
    const auto mapped = subject_->device_block_of(number, block);
    put(block, mapped ? on_device(*mapped) : std::vector<std::byte>(bs));
  });
  return view;
}

void SubjectRun::drop_cache(Number number) {
  expect("A drop of the cache succeeds.", "quire.h", 0, subject_->drop_cache(number));
  BlockLosses& of = losses(number);
  FileModel& model = file(number);
  const Number bs = setting_.block_size;
  // A folio with a dirty block stays. It is not known which blocks share a folio.
  const bool all_dropped = of.dirty().empty();
  const auto lost = of.lost();
  for (const auto& [block, was] : lost) {
    const Number pos = block * bs;
    if (failure_) return;
    if (model.size() <= pos) continue;
    const Number length = std::min(bs, model.size() - pos);
    const bool dropped =
        all_dropped || model.equal_bytes(pos, read_back(number, pos, length)) < length;
    if (!dropped) continue;
    model.write(pos, std::span(was.image).first(length));
    of.forget(block);
    if (!all_dropped) check_contents(number, {pos, pos + length});
  }
}

}  // namespace quire::props
