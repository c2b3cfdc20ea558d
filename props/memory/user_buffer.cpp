// Buffers are laid out in pages of their own, so that each fault begins at exactly one byte.
#include "props/memory/user_buffer.h"

#include "props/memory/pattern.h"
#include "props/memory/poison.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace quire::props {
namespace {

/// Of a standing fault: no buffer reaches behind them.
constexpr std::size_t kBadBytes = UserMemory::kBytesMax + 2 * kPage;

/// No kind needs more than four pages besides those of its bytes.
constexpr std::size_t kRegionBytes = UserMemory::kBytesMax + UserMemory::kBuffersMax * 4 * kPage;

bool faults(BufferKind kind) {
  return kind != BufferKind::plain && kind != BufferKind::supplied_late;
}

/// The start of the margin before `data`, in good memory that begins at `start`.
std::byte* margin_before(std::byte* data, std::byte* start) {
  return data - std::min<std::ptrdiff_t>(UserMemory::kMargin, data - start);
}

Descriptor file_of_zeros(std::size_t bytes) {
  Descriptor file(::memfd_create("quire-check user memory", MFD_CLOEXEC));
  check_call(static_cast<bool>(file), "memfd_create");
  check_call(::ftruncate(file.get(), static_cast<off_t>(bytes)) == 0, "ftruncate");
  return file;
}

}  // namespace

std::string_view name_of(BufferKind kind) {
  switch (kind) {
    case BufferKind::plain: return "plain";
    case BufferKind::ends_in_prot_none: return "ends_in_prot_none";
    case BufferKind::ends_in_sigbus: return "ends_in_sigbus";
    case BufferKind::supplied_late: return "supplied_late";
    case BufferKind::hole_in_middle: return "hole_in_middle";
  }
  return "?";
}

UserMemory::UserMemory(std::chrono::microseconds late_by)
    : late_by_(late_by),
      plain_(kRegionBytes, PROT_READ | PROT_WRITE),
      guarded_(kRegionBytes, PROT_READ | PROT_WRITE),
      mapped_(kRegionBytes, PROT_NONE),
      file_(file_of_zeros(kBytesMax)),
      no_access_(kBadBytes),
      past_file_(kBadBytes),
      hole_(kPage) {
  std::byte* const file_start = past_file_.fault - kBytesMax;
  check_call(
      ::mmap(
          file_start, kBytesMax + kBadBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED,
          file_.get(), 0) != MAP_FAILED,
      "mmap");
}

UserMemory::Standing::Standing(std::size_t bad)
    : memory(kBytesMax + bad + kBytesMax + kPage, PROT_READ | PROT_WRITE),
      fault(memory.data() + kBytesMax) {
  check_call(::mprotect(fault, bad, PROT_NONE) == 0, "mprotect");
}

std::byte* UserMemory::Standing::take(std::size_t good) {
  in_use = true;
  return fault - good;
}

UserBuffer UserMemory::source(const BufferShape& shape, std::uint64_t seed, std::uint64_t first) {
  return add(shape, {.seed = seed, .first = first});
}

UserBuffer UserMemory::destination(const BufferShape& shape) {
  return add(shape, {.seed = {}, .first = 0});
}

UserBuffer UserMemory::add(const BufferShape& shape, const Content& content) {
  if (shape.size > kBytesMax - bytes_ || buffers_.size() == kBuffersMax) {
    throw std::length_error("user memory: too much for one command");
  }
  if (shape.misalignment >= kPage || (faults(shape.kind) && shape.readable > shape.size)) {
    throw std::invalid_argument("user memory: no such shape");
  }
  const UserBuffer buffer{
      .data = place(shape, content),
      .size = shape.size,
      .readable = faults(shape.kind) ? shape.readable : shape.size,
      .kind = shape.kind};
  const auto fill = [&](std::size_t begin, std::size_t end) {
    if (begin >= end) return;
    const std::span bytes(buffer.data + begin, end - begin);
    if (content.seed) {
      fill_pattern(bytes, *content.seed, content.first + begin);
    } else {
      std::memset(bytes.data(), static_cast<int>(kPoison), bytes.size());
    }
  };
  if (shape.kind != BufferKind::supplied_late) fill(0, buffer.readable);
  if (shape.kind == BufferKind::hole_in_middle) fill(buffer.readable + kPage, buffer.size);

  bytes_ += shape.size;
  buffers_.push_back(buffer);
  segments_.push_back(buffer.segment());
  return buffer;
}

std::byte* UserMemory::place(const BufferShape& shape, const Content& content) {
  switch (shape.kind) {
    case BufferKind::plain: return place_plain(shape);
    case BufferKind::ends_in_prot_none:
    case BufferKind::ends_in_sigbus: return place_before_fault(shape);
    case BufferKind::supplied_late: return place_late(shape, content);
    case BufferKind::hole_in_middle: return place_round_hole(shape);
  }
  throw std::invalid_argument("user memory: no such kind");
}

std::byte* UserMemory::place_plain(const BufferShape& shape) {
  const std::size_t offset = shape.misalignment + (shape.misalignment < kMargin ? kPage : 0);
  std::byte* const data = plain_.take(pages_of(offset + shape.size + kMargin)) + offset;
  add_margin(data - kMargin, data);
  add_margin(data + shape.size, data + shape.size + kMargin);
  return data;
}

std::byte* UserMemory::place_before_fault(const BufferShape& shape) {
  const std::size_t good = pages_of(shape.readable) * kPage;
  const std::size_t offset = shape.readable == 0 ? shape.misalignment : 0;
  const std::size_t behind = offset + shape.size - shape.readable;
  const std::size_t bad = std::max<std::size_t>(1, pages_of(behind)) * kPage;

  std::byte* start = nullptr;
  Standing& standing = shape.kind == BufferKind::ends_in_sigbus ? past_file_ : no_access_;
  if (!standing.in_use) {
    start = standing.take(good);
  } else if (shape.kind == BufferKind::ends_in_sigbus) {
    start = mapped_.take((good + bad) / kPage);
    // The last `good` bytes of the file, and on past its end.
    check_call(
        ::mmap(
            start, good + bad, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, file_.get(),
            static_cast<off_t>(kBytesMax - good)) != MAP_FAILED,
        "mmap");
  } else {
    start = guarded_.take((good + bad) / kPage);
    check_call(::mprotect(start + good, bad, PROT_NONE) == 0, "mprotect");
  }
  std::byte* const data = start + good - shape.readable + offset;
  if (shape.readable != 0) add_margin(margin_before(data, start), data);
  return data;
}

std::byte* UserMemory::place_round_hole(const BufferShape& shape) {
  const std::size_t good = pages_of(shape.readable) * kPage;
  const std::size_t behind = shape.size - std::min(shape.size, shape.readable + kPage);
  std::byte* start = nullptr;
  if (!hole_.in_use) {
    start = hole_.take(good);
  } else {
    start = guarded_.take(good / kPage + 1 + pages_of(behind + kMargin));
    check_call(::mprotect(start + good, kPage, PROT_NONE) == 0, "mprotect");
  }
  std::byte* const hole = start + good;
  std::byte* const data = hole - shape.readable;
  add_margin(margin_before(data, start), data);
  add_margin(hole + kPage + behind, hole + kPage + behind + kMargin);
  return data;
}

std::byte* UserMemory::place_late(const BufferShape& shape, const Content& content) {
  if (!late_) late_ = std::make_unique<LatePages>(kRegionBytes, late_by_);
  return late_->add(
      {.size = shape.size,
       .misalignment = shape.misalignment,
       .seed = content.seed,
       .first = content.first});
}

void UserMemory::end_at(std::size_t bytes) {
  ended_ = true;
  std::size_t first = 0;  // of the buffer, among the bytes of all
  for (const UserBuffer& buffer : buffers_) {
    const bool good = first + buffer.size <= bytes;
    if (buffer.kind != BufferKind::ends_in_prot_none || buffer.readable != buffer.size ||
        (!good && first < bytes)) {
      throw std::invalid_argument("user memory: it cannot end there");
    }
    const std::size_t pages = pages_of(buffer.size) * kPage;
    std::byte* const start = buffer.data + buffer.size - pages;
    check_call(
        ::mprotect(start, pages, good ? PROT_READ | PROT_WRITE : PROT_NONE) == 0, "mprotect");
    first += buffer.size;
  }
}

void UserMemory::add_margin(std::byte* begin, std::byte* end) {
  const std::span margin(begin, end);
  std::ranges::fill(margin, kPoison);
  margins_.push_back(margin);
}

bool UserMemory::margins_intact() const {
  return std::ranges::all_of(margins_, [](std::span<const std::byte> margin) {
    return std::ranges::all_of(margin, [](std::byte b) { return b == kPoison; });
  });
}

void UserMemory::clear() {
  if (guarded_.used() != 0) {
    check_call(
        ::mprotect(guarded_.data(), guarded_.used(), PROT_READ | PROT_WRITE) == 0, "mprotect");
  }
  if (mapped_.used() != 0) {
    check_call(
        ::mmap(
            mapped_.data(), mapped_.used(), PROT_NONE,
            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) != MAP_FAILED,
        "mmap");
  }
  if (std::exchange(ended_, false)) {
    std::byte* const start = no_access_.memory.data();
    check_call(::mprotect(start, kBytesMax, PROT_READ | PROT_WRITE) == 0, "mprotect");
  }
  if (late_) late_->clear();
  no_access_.in_use = past_file_.in_use = hole_.in_use = false;
  plain_.give_back();
  guarded_.give_back();
  mapped_.give_back();
  margins_.clear();
  segments_.clear();
  buffers_.clear();
  bytes_ = 0;
}

}  // namespace quire::props
