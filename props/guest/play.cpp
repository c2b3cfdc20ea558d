#include "props/guest/play.h"

#include "props/guest/placed_memory.h"
#include "props/guest/protocol.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace quire::props::guest {
namespace {

std::int64_t answer(std::int64_t returned) { return returned < 0 ? -errno : returned; }

/// The files of a case, by number. They stand in one folder.
class Files {
 public:
  explicit Files(int folder) : folder_(folder) {}
  ~Files() { clear(); }

  /// The descriptor of a file, or a negative errno. A file that was never named is made.
  int open(std::uint64_t number) {
    const auto known = open_.find(number);
    if (known != open_.end() && known->second) return known->second.get();
    Descriptor opened(
        ::openat(folder_, name_of(number).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!opened) return -errno;
    return (open_[number] = std::move(opened)).get();
  }

  void close(std::uint64_t number) { open_[number] = Descriptor(); }

  /// 0 or a negative errno.
  int clear() {
    int error = 0;
    for (auto& [number, file] : open_) {
      file = Descriptor();
      if (::unlinkat(folder_, name_of(number).c_str(), 0) != 0 && errno != ENOENT) error = -errno;
    }
    open_.clear();
    return error;
  }

 private:
  static std::string name_of(std::uint64_t number) { return "file-" + std::to_string(number); }

  int folder_;
  std::map<std::uint64_t, Descriptor> open_;
};

std::int64_t drop_cache(int file) {
  // Only clean pages are dropped.
  if (::sync_file_range(
          file, 0, 0,
          SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER) != 0)
    return -errno;
  return -::posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
}

class Play {
 public:
  Play(Channel& channel, int folder) : channel_(channel), files_(folder) {}

  int run() {
    utsname kernel{};
    ::uname(&kernel);
    if (!say({}, std::string_view(kernel.release))) return 1;
    Request asked;
    while (channel_.receive(bytes_of(asked)) == 0) {
      if (const char* wrong = take_memory(asked)) {
        say({.call = Call::violation, .result = -EPROTO}, std::string_view(wrong));
        return 1;
      }
      if (!carry_out(asked)) return 1;
    }
    return 0;
  }

 private:
  /// Receives what follows a request. Null, or how it breaks the protocol.
  const char* take_memory(const Request& asked) {
    if (asked.magic != kMagic) return "this is no request";
    if (asked.version != kVersion) return "a request of another version";
    if (asked.pieces > kPiecesMax) return "too many pieces";
    std::vector<Piece> pieces(asked.pieces);
    if (channel_.receive(std::as_writable_bytes(std::span(pieces))) != 0)
      return "the pieces are cut off";
    if (const char* wrong = memory_.place(pieces)) return wrong;
    const bool carries = asked.call == Call::write;
    if (asked.bytes != (carries ? memory_.bytes() : 0)) return "the bytes do not fit the pieces";
    if (!carries) return nullptr;
    for (const auto piece : memory_.pieces()) {
      if (channel_.receive(piece) != 0) return "the bytes are cut off";
    }
    return nullptr;
  }

  /// Carries out one request and answers it. Whether the answer could be sent.
  bool carry_out(const Request& asked) {
    if (asked.call == Call::greet) return say({.call = asked.call}, {});
    if (asked.call == Call::clear) return say({.call = asked.call, .result = files_.clear()}, {});
    if (asked.call == Call::reopen) files_.close(asked.file);
    const int file = files_.open(asked.file);
    if (file < 0)
      return say({.call = asked.call, .result = file, .size = file, .position = file}, {});

    if (asked.call == Call::read) memory_.fill();
    Answer said{.call = asked.call, .result = do_call(asked, file)};
    struct stat seen {};
    said.size = ::fstat(file, &seen) == 0 ? seen.st_size : -errno;
    said.position = answer(::lseek(file, 0, SEEK_CUR));
    if (asked.call != Call::read) return say(said, {});
    said.strays = memory_.strays();
    said.bytes =
        memory_.changed(static_cast<std::uint64_t>(std::max<std::int64_t>(said.result, 0)));
    return say_what_was_read(said);
  }

  std::int64_t do_call(const Request& asked, int file) {
    const auto memory = memory_.segments();
    const int count = static_cast<int>(memory.size());
    const int flags = static_cast<int>(asked.flags);
    switch (asked.call) {
      case Call::write: return answer(::pwritev2(file, memory.data(), count, asked.at, flags));
      case Call::read: return answer(::preadv2(file, memory.data(), count, asked.at, flags));
      case Call::fsync: return answer(::fsync(file));
      case Call::truncate: return answer(::ftruncate(file, static_cast<off_t>(asked.length)));
      case Call::drop_cache: return drop_cache(file);
      case Call::reopen:
      case Call::look: return 0;
      default: return -ENOSYS;
    }
  }

  bool say(Answer said, std::string_view text) {
    said.bytes = text.size();
    return channel_.send(bytes_of(said)) == 0 && channel_.send(std::as_bytes(std::span(text))) == 0;
  }

  /// The answer to a read, followed by the first said.bytes bytes of its memory.
  bool say_what_was_read(Answer& said) {
    std::vector<std::byte> message(sizeof said);
    std::memcpy(message.data(), &said, sizeof said);
    std::uint64_t left = said.bytes;
    for (const auto piece : memory_.pieces()) {
      const auto part = piece.first(std::min<std::uint64_t>(piece.size(), left));
      message.insert(message.end(), part.begin(), part.end());
      left -= part.size();
    }
    return channel_.send(message) == 0;
  }

  Channel& channel_;
  Files files_;
  PlacedMemory memory_;
};

}  // namespace

int play(Channel& channel, int folder) { return Play(channel, folder).run(); }

}  // namespace quire::props::guest
