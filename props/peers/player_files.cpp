#include "props/peers/player_files.h"

#include <unistd.h>

#include <map>
#include <utility>

namespace quire::props {
namespace {

using guest::Answer;
using guest::Call;
using guest::Request;

/// A round trip is slow. So each answer also has the size, the positions and the signal, which are
/// asked for most often; and each request has its limit.
class PlayerFiles final : public Files {
 public:
  PlayerFiles(Ask ask, std::string name) : ask_(std::move(ask)), name_(std::move(name)) {
    ask_({.call = Call::clear}, {});
  }

  const std::string& name() const override { return name_; }

  std::int64_t write(Handle h, std::span<const iovec> iov, std::int64_t at, int flags) override {
    return ask(h, {.call = Call::write, .flags = flags, .at = at}, iov);
  }
  std::int64_t read(Handle h, std::span<const iovec> iov, std::int64_t at, int flags) override {
    return ask(h, {.call = Call::read, .flags = flags, .at = at}, iov);
  }
  std::int64_t write_mapped(Handle h, Source source, std::int64_t at, int flags) override {
    return ask(h, taking(source, {.call = Call::write_mapped, .flags = flags, .at = at}));
  }
  int fsync(Handle h) override { return status(h, {.call = Call::fsync}); }
  int fdatasync(Handle h) override { return status(h, {.call = Call::fdatasync}); }
  int syncfs(Handle h) override { return status(h, {.call = Call::syncfs}); }
  int truncate(Handle h, std::int64_t length) override {
    return status(h, {.call = Call::truncate, .length = length});
  }
  int fallocate(Handle h, int mode, std::int64_t at, std::int64_t length) override {
    return status(h, {.call = Call::fallocate, .flags = mode, .at = at, .length = length});
  }
  int clone(Handle h, Source source, std::int64_t at) override {
    return status(h, taking(source, {.call = Call::clone, .at = at}));
  }
  std::int64_t seek(Handle h, std::int64_t offset, int whence) override {
    if (offset == 0 && whence == SEEK_CUR) return known(h.file).positions.at(h.number);
    return ask(h, {.call = Call::seek, .flags = whence, .at = offset});
  }
  std::int64_t size(std::uint64_t file) override { return known(file).size; }
  void drop_cache(std::uint64_t file) override { ask({file, 0}, {.call = Call::drop_cache}); }
  int reopen(Handle h) override { return status(h, {.call = Call::reopen}); }
  void set_limit(std::optional<std::uint64_t> bytes) override {
    limit_ = bytes.value_or(guest::kNoLimit);
  }
  bool take_signal() override { return std::exchange(signal_, false); }
  void fill(std::uint64_t leave) override {
    ask_({.call = Call::fill, .length = static_cast<std::int64_t>(leave)}, {});
  }
  void release() override { ask_({.call = Call::release}, {}); }
  std::optional<std::string> leak() override { return std::nullopt; }

 private:
  static Request taking(Source source, Request request) {
    request.source = source.file;
    request.from = source.from;
    request.length = source.length;
    return request;
  }

  std::int64_t ask(Handle h, Request request, std::span<const iovec> memory = {}) {
    request.file = h.file;
    request.handle = static_cast<std::uint32_t>(h.number);
    request.limit = limit_;
    const Answer answer = ask_(request, memory);
    last_[h.file] = answer;
    signal_ = signal_ || answer.signal != 0;
    return answer.result;
  }
  int status(Handle h, Request request) { return static_cast<int>(ask(h, request)); }

  const Answer& known(std::uint64_t file) {
    if (!last_.contains(file)) ask({file, 0}, {.call = Call::look});
    return last_.at(file);
  }

  Ask ask_;
  std::string name_;
  std::map<std::uint64_t, Answer> last_;
  std::uint64_t limit_ = guest::kNoLimit;
  bool signal_ = false;
};

}  // namespace

std::unique_ptr<Files> make_player_files(Ask ask, std::string name) {
  return std::make_unique<PlayerFiles>(std::move(ask), std::move(name));
}

}  // namespace quire::props
