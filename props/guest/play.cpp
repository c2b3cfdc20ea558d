#include "props/guest/play.h"

#include "props/guest/placed_memory.h"
#include "props/guest/protocol.h"
#include "props/peers/folder_files.h"

#include <sys/uio.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <exception>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace quire::props::guest {
namespace {

class Play {
 public:
  Play(Channel& channel, int folder) : channel_(channel), folder_(folder), ballast_(folder) {
    make_files();
  }

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
  void make_files() {
    files_.reset();
    files_ = make_folder_files(folder_, "files", ballast_);
  }

  /// Receives what follows a request. Null, or how it breaks the protocol.
  const char* take_memory(const Request& asked) {
    if (asked.magic != kMagic) return "this is no request";
    if (asked.version != kVersion) return "a request of another version";
    if (asked.handle >= kHandles) return "no such handle";
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
    Answer said{.call = asked.call};
    try {
      said.result = do_limited(asked);
      if (asked.call != Call::greet && asked.call != Call::clear) look(asked.file, said);
      said.signal = files_->take_signal() ? 1 : 0;
    } catch (const std::exception& e) {
      files_->set_limit(std::nullopt);
      return say({.call = Call::failed, .result = -EIO}, std::string_view(e.what()));
    }
    if (asked.call != Call::read) return say(said, {});
    said.strays = memory_.strays();
    said.bytes =
        memory_.changed(static_cast<std::uint64_t>(std::max<std::int64_t>(said.result, 0)));
    return say_what_was_read(said);
  }

  void look(std::uint64_t file, Answer& said) {
    said.size = files_->size(file);
    for (std::uint64_t h = 0; h < kHandles; ++h)
      said.positions[h] = files_->seek({file, h}, 0, SEEK_CUR);
  }

  std::int64_t do_limited(const Request& asked) {
    if (asked.limit == kNoLimit) return do_call(asked);
    files_->set_limit(asked.limit);
    const std::int64_t result = do_call(asked);
    files_->set_limit(std::nullopt);
    return result;
  }

  std::int64_t do_call(const Request& asked) {
    const Handle h{asked.file, asked.handle};
    const Source source{asked.source, asked.from, asked.length};
    switch (asked.call) {
      case Call::greet:
      case Call::look: return 0;
      case Call::clear: make_files(); return 0;
      case Call::write: return files_->write(h, memory_.segments(), asked.at, asked.flags);
      case Call::read:
        memory_.fill();
        return files_->read(h, memory_.segments(), asked.at, asked.flags);
      case Call::write_mapped: return files_->write_mapped(h, source, asked.at, asked.flags);
      case Call::fsync: return files_->fsync(h);
      case Call::fdatasync: return files_->fdatasync(h);
      case Call::syncfs: return files_->syncfs(h);
      case Call::truncate: return files_->truncate(h, asked.length);
      case Call::fallocate: return files_->fallocate(h, asked.flags, asked.at, asked.length);
      case Call::clone: return files_->clone(h, source, asked.at);
      case Call::seek: return files_->seek(h, asked.at, asked.flags);
      case Call::drop_cache: files_->drop_cache(asked.file); return 0;
      case Call::reopen: return files_->reopen(h);
      case Call::fill: files_->fill(static_cast<std::uint64_t>(asked.length)); return 0;
      case Call::release: files_->release(); return 0;
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
  int folder_;
  Ballast ballast_;
  std::unique_ptr<Files> files_;
  PlacedMemory memory_;
};

}  // namespace

int play(Channel& channel, int folder) { return Play(channel, folder).run(); }

}  // namespace quire::props::guest
