#include "props/watchdog/watched_process.h"

#include "props/device/descriptor.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <optional>
#include <system_error>

namespace quire::props {
namespace {

constexpr int kTickMs = 100;
/// A process that has closed its pipe is about to end.
constexpr int kEndMs = 2;
constexpr std::size_t kWordsMax = 64 << 10;

void demand_done(bool good, const char* what) {
  if (!good) throw std::system_error(errno, std::generic_category(), what);
}

void write_all(int to, const std::string& text) {
  for (std::size_t at = 0; at < text.size();) {
    const ssize_t n = ::write(to, text.data() + at, text.size() - at);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return;
    at += static_cast<std::size_t>(n);
  }
}

/// The child's part. The answer begins with a byte, so that an empty one is an answer, too.
[[noreturn]] void be_child(const WatchedWork& part, pid_t parent, int answer, int words) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);  // it died before
  ::dup2(words, STDERR_FILENO);
  journal_of_this_process = part.journal;
  write_all(answer, "." + part.run());
  ::_exit(0);
}

class Child {
 public:
  Child(const WatchedWork& part, const HangLimits& limits)
      : words_(::memfd_create("quire-check words", MFD_CLOEXEC)) {
    demand_done(static_cast<bool>(words_), "memfd_create");
    // Its processes write there at a time.
    ::fcntl(words_.get(), F_SETFL, O_APPEND);
    std::array<int, 2> ends{};
    demand_done(::pipe2(ends.data(), O_CLOEXEC) == 0, "pipe2");
    answer_ = Descriptor(ends[0]);
    const Descriptor to(ends[1]);
    ::fcntl(answer_.get(), F_SETFL, O_NONBLOCK);
    const pid_t parent = ::getpid();
    pid_ = ::fork();
    demand_done(pid_ >= 0, "fork");
    if (pid_ == 0) be_child(part, parent, to.get(), words_.get());
    watch_.emplace(pid_, *part.journal, limits);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }

  /// Where it answers; -1 once no answer can come.
  int answer() const { return answer_.get(); }
  bool ended() const { return pid_ == 0; }

  /// Takes what it has answered, sees whether it has ended, and ends it if it hangs.
  void look() {
    read_answer();
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == pid_) return end(status);
    const auto hang = watch_->look();
    if (!hang) return;
    ending_.kind = Ending::Kind::hung;
    ending_.hang = *hang;
    ::kill(pid_, SIGKILL);
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    end(status);
  }

  const Ending& ending() const { return ending_; }

 private:
  void read_answer() {
    std::array<char, 4096> some;
    ssize_t n = -1;
    while (answer_ && (n = ::read(answer_.get(), some.data(), some.size())) > 0)
      ending_.answer.append(some.data(), static_cast<std::size_t>(n));
    if (n == 0) answer_ = {};
  }

  void end(int status) {
    pid_ = 0;
    read_answer();
    const bool answered = WIFEXITED(status) && WEXITSTATUS(status) == 0 && !ending_.answer.empty();
    if (ending_.kind != Ending::Kind::hung) {
      ending_.kind = answered              ? Ending::Kind::answered
                     : WIFSIGNALED(status) ? Ending::Kind::killed
                                           : Ending::Kind::exited;
      ending_.code = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
    }
    ending_.answer.erase(0, 1);
    ending_.words.resize(kWordsMax);
    const ssize_t n = ::pread(words_.get(), ending_.words.data(), kWordsMax, 0);
    ending_.words.resize(n < 0 ? 0 : static_cast<std::size_t>(n));
  }

  Descriptor words_, answer_;
  pid_t pid_ = -1;
  std::optional<HangWatch> watch_;
  Ending ending_;
};

}  // namespace

std::vector<Ending> run_watched(
    const std::vector<WatchedWork>& parts, const HangLimits& limits,
    const std::function<void()>& tick,
    const std::function<void(std::size_t, const Ending&)>& ended) {
  std::vector<std::unique_ptr<Child>> children;
  for (const WatchedWork& part : parts) children.push_back(std::make_unique<Child>(part, limits));
  for (;;) {
    std::vector<pollfd> running;  // one without an answer to come is left out by poll(2)
    int wait_ms = kTickMs;
    for (const auto& child : children) {
      if (child->ended()) continue;
      running.push_back({child->answer(), POLLIN, 0});
      if (child->answer() < 0) wait_ms = kEndMs;
    }
    if (running.empty()) break;
    ::poll(running.data(), running.size(), wait_ms);
    for (std::size_t i = 0; i < children.size(); ++i) {
      if (children[i]->ended()) continue;
      children[i]->look();
      if (children[i]->ended() && ended) ended(i, children[i]->ending());
    }
    if (tick) tick();
  }
  std::vector<Ending> endings;
  for (const auto& child : children) endings.push_back(child->ending());
  return endings;
}

}  // namespace quire::props
