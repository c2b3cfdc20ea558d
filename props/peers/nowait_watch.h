// A call that must not wait (RWF_NOWAIT), watched from outside.
#pragma once

#include "props/differential/command.h"
#include "props/judge/failure.h"
#include "props/judge/judge.h"
#include "props/peers/files.h"

#include <cstdint>
#include <optional>

namespace quire::props {

/// Watches one such call: at the device, whose reads it counts; in the lock room, where another
/// thread may hold a lock of the file; at the clock; and at the file's attributes. It asks the code
/// for none of this.
class NowaitWatch {
 public:
  /// Begins: the other thread takes the lock that the command names, if there is one. pos: where
  /// the call moves its first byte.
  NowaitWatch(Files& files, Judge& judge, const Command& c, std::uint64_t pos);
  /// The other thread lets go.
  ~NowaitWatch();
  NowaitWatch(const NowaitWatch&) = delete;
  NowaitWatch& operator=(const NowaitWatch&) = delete;

  /// The first rule that the call has broken, by what it left and not by what it says.
  std::optional<Failure> judge_call(std::int64_t answer);

  /// Whether the other thread holds a lock.
  bool holds() const { return held_; }

 private:
  Failure broken(const char* says, const char* source, std::uint64_t wanted, std::uint64_t got);

  Files& files_;
  Judge& judge_;
  std::uint64_t file_;
  bool held_ = false;
  std::uint64_t reads_;
  std::uint64_t slept_;
  std::int64_t size_;
  Attributes attributes_;
};

}  // namespace quire::props
