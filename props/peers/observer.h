// Compares one file with the model.
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

/// Checks files of either side without moving a position. Each failure goes to `fail`.
class Observer {
 public:
  using Fail = std::function<void(Failure)>;
  explicit Observer(Fail fail) : fail_(std::move(fail)) {}

  /// The size and the positions of the handles.
  void check_handles(Files& files, std::uint64_t file, const FileModel& model);

  /// Whether byte `pos` may be `got`, where the model has another value.
  using May = std::function<bool(std::uint64_t pos, std::byte got)>;

  /// Compares every byte, or of a large file those of ranges_to_compare(). may: for bytes that the
  /// model leaves open.
  void check_bytes(
      Files& files, std::uint64_t file, const FileModel& model, const May& may = nullptr);

  /// Whether every such byte is the model's.
  bool shows(Files& files, std::uint64_t file, const FileModel& model);

  /// Checks the holes of ref and of the peer: all of them read as zero, and if `inside`, each of
  /// the peer's lies in one of ref's (allows_hole).
  void check_holes(
      Files& ref, Files& peer, std::uint64_t file, const FileModel& model, bool inside);

  /// The holes of a file, by SEEK_HOLE and SEEK_DATA.
  std::vector<Hole> holes(Files& files, std::uint64_t file, std::uint64_t size);

  /// Bytes [pos, pos + n) of a file; fewer where the read answers fewer.
  std::vector<std::byte> read(Files& files, std::uint64_t file, std::uint64_t pos, std::uint64_t n);

 private:
  void expect(
      Files& files, const char* says, const char* source, std::int64_t wanted, std::int64_t got);
  /// Whether the hole reads as zero; if not, the failure has gone to `fail`.
  bool check_zero(Files& files, const Hole& hole, const FileModel& model);

  Fail fail_;
};

}  // namespace quire::props
