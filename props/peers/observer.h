// What can be seen of one file, held to the model.
#pragma once

#include "props/differential/file_model.h"
#include "props/judge/failure.h"
#include "props/peers/files.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace quire::props {

/// A hole of a file: bytes [start, end).
struct Hole {
  std::uint64_t start;
  std::uint64_t end;
};

/// Looks at files of either side without moving a position. What is not as it should be goes to
/// `fail`.
class Observer {
 public:
  using Fail = std::function<void(Failure)>;
  explicit Observer(Fail fail) : fail_(std::move(fail)) {}

  /// The size and the positions of the handles.
  void check_handles(Files& files, std::uint64_t file, const FileModel& model);

  /// Whether byte `pos`, which is not what the model says, may be `got`.
  using May = std::function<bool(std::uint64_t pos, std::byte got)>;

  /// Every byte. may: where the model is not the only answer.
  void check_bytes(
      Files& files, std::uint64_t file, const FileModel& model, const May& may = nullptr);

  /// Where ref and the peer have holes: both only where the bytes are zero, and if `inside` the
  /// peer only where ref has one (allows_hole).
  void check_holes(
      Files& ref, Files& peer, std::uint64_t file, const FileModel& model, bool inside);

  /// The holes of a file, by SEEK_HOLE and SEEK_DATA.
  std::vector<Hole> holes(Files& files, std::uint64_t file, std::uint64_t size);

  /// Bytes [pos, pos + n) of a file; fewer where the read answers fewer.
  std::vector<std::byte> read(Files& files, std::uint64_t file, std::uint64_t pos, std::uint64_t n);

 private:
  void expect(
      Files& files, const char* says, const char* source, std::int64_t wanted, std::int64_t got);
  /// Whether it does; if not, that has gone to `fail`.
  bool check_zero(Files& files, const Hole& hole, const FileModel& model);

  Fail fail_;
};

}  // namespace quire::props
