// A kernel in a guest as a subject: real files of one of its file systems, by way of the player.
#include "props/guest/machine.h"
#include "props/subject/player_subject.h"

#include <fmt/format.h>

#include <cerrno>
#include <map>
#include <stdexcept>
#include <utility>

namespace quire::props {
namespace {

using guest::Answer;
using guest::Call;
using guest::Request;

/// The player's answers bring the size and the position along: asking for them costs nothing.
class PlayerSubject final : public Subject {
 public:
  PlayerSubject(Ask ask, std::string name) : ask_(std::move(ask)), name_(std::move(name)) {
    ask_({.call = Call::clear}, {});
  }

  const std::string& name() const override { return name_; }
  bool is_peer() const override { return true; }

  std::int64_t write(std::uint64_t f, std::span<const iovec> iov, std::int64_t at) override {
    return ask({.call = Call::write, .file = f, .at = at}, iov);
  }
  std::int64_t read(std::uint64_t f, std::span<const iovec> iov, std::int64_t at) override {
    return ask({.call = Call::read, .file = f, .at = at}, iov);
  }
  int fsync(std::uint64_t f) override {
    return static_cast<int>(ask({.call = Call::fsync, .file = f}));
  }
  int truncate(std::uint64_t f, std::int64_t length) override {
    return static_cast<int>(
        ask({.call = Call::truncate, .file = f, .length = static_cast<std::uint64_t>(length)}));
  }
  void drop_cache(std::uint64_t f) override { ask({.call = Call::drop_cache, .file = f}); }
  int reopen(std::uint64_t f) override {
    return static_cast<int>(ask({.call = Call::reopen, .file = f}));
  }
  std::int64_t size(std::uint64_t f) override { return known(f).size; }
  std::int64_t position(std::uint64_t f) override { return known(f).position; }

  std::optional<std::uint64_t> map(std::uint64_t, std::uint64_t) override { return std::nullopt; }
  std::uint64_t free_blocks() override { return 0; }
  std::uint64_t reserved_blocks() override { return 0; }
  int read_device(std::uint64_t, std::span<std::byte>) override { return -EOPNOTSUPP; }

 private:
  std::int64_t ask(const Request& request, std::span<const iovec> memory = {}) {
    const Answer answer = ask_(request, memory);
    last_[request.file] = answer;
    return answer.result;
  }

  const Answer& known(std::uint64_t file) {
    if (!last_.contains(file)) ask({.call = Call::look, .file = file});
    return last_.at(file);
  }

  Ask ask_;
  std::string name_;
  std::map<std::uint64_t, Answer> last_;
};

/// A machine that went down, by a crash of its kernel say, is started again for the next case.
class GuestBed final : public Bed {
 public:
  explicit GuestBed(guest::MachineParts parts)
      : parts_(std::move(parts)), name_(parts_.kind + "-" + parts_.version) {
    start();
  }

  std::unique_ptr<Subject> make(const Setting&, spec::Recorder&) override {
    if (!machine_) start();
    return make_player_subject(
        [this](const Request& request, std::span<const iovec> memory) {
          return ask(request, memory);
        },
        name_);
  }
  const char* subject_name() const override { return name_.c_str(); }
  std::uint64_t device_bytes() const override { return ~std::uint64_t{0}; }
  std::uint64_t sector_size() const override { return 512; }

 private:
  void start() {
    auto started = guest::Machine::start(parts_);
    if (!started) throw std::runtime_error(started.error().what);
    machine_ = std::move(*started);
  }

  Answer ask(const Request& request, std::span<const iovec> memory) {
    if (!machine_) throw std::runtime_error(name_ + ": the guest has ended");
    try {
      return machine_->player().ask(request, memory);
    } catch (const std::runtime_error& e) {
      const std::string said = machine_->last_words();
      machine_.reset();
      throw std::runtime_error(fmt::format(
          "{}: {}{}", name_, e.what(), said.empty() ? "" : "; its console says: " + said));
    }
  }

  guest::MachineParts parts_;
  std::string name_;
  std::unique_ptr<guest::Machine> machine_;
};

}  // namespace

std::unique_ptr<Subject> make_player_subject(Ask ask, std::string name) {
  return std::make_unique<PlayerSubject>(std::move(ask), std::move(name));
}

std::unique_ptr<Bed> make_guest_bed(const std::string& kind, const std::string& version) {
  return std::make_unique<GuestBed>(guest::MachineParts::of(kind, version));
}

}  // namespace quire::props
