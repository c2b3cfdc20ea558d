#include "props/locks/lock_case.h"

#include "impl/locks/phase_fair_mutex.h"
#include "props/system/futex_watch.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <rapidcheck.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <deque>
#include <memory>
#include <set>
#include <thread>

namespace quire::props {
namespace {

constexpr std::size_t kThreads = 6;
constexpr auto kLockSays = "Readers wait for one phase, writers in a queue, and each is woken.";

constexpr auto kQueueOfTwo = "two writers in the queue";
constexpr auto kReadersLetIn = "readers that a phase lets in";
constexpr auto kDrains = "an owner that waits for readers";
constexpr auto kUpgrade = "an upgrade";
constexpr auto kDowngrade = "a downgrade that lets readers in";
constexpr auto kIntentQueued = "an intent that had to queue";
constexpr auto kReaderUnderIntent = "a reader beside an intent";
constexpr std::array kLockClasses{kQueueOfTwo, kReadersLetIn, kDrains,           kUpgrade,
                                  kDowngrade,  kIntentQueued, kReaderUnderIntent};

enum class Deed {
  none,
  lock,
  lock_shared,
  lock_intent,
  unlock,
  unlock_shared,
  unlock_intent,
  downgrade,
  upgrade,
  end
};

const char* name_of(Deed order) {
  constexpr std::array<const char*, 10> kNames{
      "nothing",         "lock()",          "lock_shared()", "lock_intent()", "unlock()",
      "unlock_shared()", "unlock_intent()", "downgrade()",   "upgrade()",     "end"};
  return kNames.at(static_cast<std::size_t>(order));
}

void obey(impl::PhaseFairMutex& mutex, Deed order) {
  switch (order) {
    case Deed::lock: return mutex.lock();
    case Deed::lock_shared: return mutex.lock_shared();
    case Deed::lock_intent: return mutex.lock_intent();
    case Deed::unlock: return mutex.unlock();
    case Deed::unlock_shared: return mutex.unlock_shared();
    case Deed::unlock_intent: return mutex.unlock_intent();
    case Deed::downgrade: return mutex.downgrade();
    case Deed::upgrade: return mutex.upgrade();
    default: return;
  }
}

/// A thread that obeys one order after another.
class Obedient {
 public:
  explicit Obedient(impl::PhaseFairMutex& mutex) : mutex_(mutex), thread_([this] { live(); }) {}
  ~Obedient() { thread_.join(); }
  Obedient(const Obedient&) = delete;
  Obedient& operator=(const Obedient&) = delete;

  void give(Deed order) {
    order_ = order;
    order_.notify_one();
  }
  bool is_done() const { return order_ == Deed::none; }
  bool sleeps() const { return watch_.sleeps_on(); }

 private:
  void live() {
    for (;;) {
      FutexWatch::watch_this_thread(nullptr);
      order_.wait(Deed::none);
      const Deed order = order_;
      if (order == Deed::end) return;
      FutexWatch::watch_this_thread(&watch_);
      obey(mutex_, order);
      order_ = Deed::none;
    }
  }

  impl::PhaseFairMutex& mutex_;
  std::atomic<Deed> order_{Deed::none};
  FutexWatch watch_;
  std::thread thread_;
};

/// Who holds the lock and who waits, by the rules alone.
class LockAccount {
 public:
  enum class Mode { none, exclusive, intent };

  explicit LockAccount(ClassCounts& classes) : classes_(classes) {}

  bool waits(std::size_t t) const {
    return waiting_.contains(t) || (owner_ == t && draining_) ||
           std::ranges::any_of(queue_, [&](const Queued& q) { return q.thread == t; });
  }
  bool reads(std::size_t t) const { return inside_.contains(t); }
  Mode mode(std::size_t t) const { return owner_ == t && !draining_ ? mode_ : Mode::none; }
  bool is_closed() const { return owner_ && mode_ == Mode::exclusive; }
  std::size_t inside() const { return inside_.size(); }
  std::size_t waiting() const { return waiting_.size(); }
  std::size_t queued() const { return queue_.size(); }

  void gets(std::size_t t, Deed order) {
    switch (order) {
      case Deed::lock:
      case Deed::lock_intent: wants_to_own(t, order == Deed::lock_intent); break;
      case Deed::lock_shared:
        (is_closed() ? waiting_ : inside_).insert(t);
        if (owner_ && mode_ == Mode::intent) classes_.count(kReaderUnderIntent);
        break;
      case Deed::unlock_shared:
        inside_.erase(t);
        drained();
        break;
      case Deed::unlock:
        let_in();
        gone();
        break;
      case Deed::unlock_intent: gone(); break;
      case Deed::downgrade:
        if (!waiting_.empty()) classes_.count(kDowngrade);
        mode_ = Mode::intent;
        let_in();
        break;
      case Deed::upgrade:
        classes_.count(kUpgrade);
        mode_ = Mode::exclusive;
        drain(false);
        break;
      default: break;
    }
  }

 private:
  struct Queued {
    std::size_t thread;
    bool intent;
  };

  void wants_to_own(std::size_t t, bool intent) {
    if (owner_) {
      queue_.push_back({t, intent});
      if (queue_.size() == 2) classes_.count(kQueueOfTwo);
      if (intent) classes_.count(kIntentQueued);
      return;
    }
    owner_ = t;
    mode_ = intent ? Mode::intent : Mode::exclusive;
    if (!intent) drain(false);
  }
  void drain(bool then_intent) {
    then_intent_ = then_intent;
    draining_ = true;
    if (!inside_.empty()) classes_.count(kDrains);
    drained();
  }
  void drained() {
    if (!draining_ || !inside_.empty()) return;
    draining_ = false;
    if (!then_intent_) return;
    mode_ = Mode::intent;
    let_in();
  }
  void let_in() {
    if (!waiting_.empty()) classes_.count(kReadersLetIn);
    inside_.merge(waiting_);
  }
  void gone() {
    owner_.reset();
    mode_ = Mode::none;
    if (queue_.empty()) return;
    const Queued first = queue_.front();
    queue_.pop_front();
    owner_ = first.thread;
    mode_ = Mode::exclusive;
    drain(first.intent);
  }

  ClassCounts& classes_;
  std::optional<std::size_t> owner_;
  Mode mode_ = Mode::none;
  bool draining_ = false, then_intent_ = false;
  std::set<std::size_t> inside_, waiting_;
  std::deque<Queued> queue_;
};

Deed order_of(const LockStep& step, const LockAccount& account) {
  if (account.reads(step.thread)) return Deed::unlock_shared;
  switch (account.mode(step.thread)) {
    case LockAccount::Mode::exclusive: return step.changes_mode ? Deed::downgrade : Deed::unlock;
    case LockAccount::Mode::intent: return step.changes_mode ? Deed::upgrade : Deed::unlock_intent;
    case LockAccount::Mode::none: break;
  }
  return step.wish == LockWish::exclusive ? Deed::lock
         : step.wish == LockWish::shared  ? Deed::lock_shared
                                          : Deed::lock_intent;
}

class LockRunner {
 public:
  explicit LockRunner(ClassCounts& classes) : account_(classes) {
    for (auto& thread : threads_) thread = std::make_unique<Obedient>(*mutex_);
  }

  std::optional<Failure> run(const LockCase& c) {
    for (const LockStep& step : c.commands) {
      ++step_;
      if (account_.waits(step.thread)) continue;
      if (auto failure = give(step.thread, order_of(step, account_))) return failure;
    }
    // Those that hold it give it back, until nobody waits.
    for (std::size_t round = 0; round <= kThreads; ++round) {
      for (std::size_t t = 0; t < kThreads; ++t) {
        const bool holds = account_.reads(t) || account_.mode(t) != LockAccount::Mode::none;
        if (!holds) continue;
        if (auto failure = give(t, order_of({t}, account_))) return failure;
      }
    }
    for (auto& thread : threads_) thread->give(Deed::end);
    return std::nullopt;
  }

 private:
  std::optional<Failure> give(std::size_t t, Deed order) {
    account_.gets(t, order);
    threads_[t]->give(order);
    const bool settled = settle();
    std::vector<std::size_t> waits, should;
    for (std::size_t i = 0; i < kThreads; ++i) {
      if (!threads_[i]->is_done()) waits.push_back(i);
      if (account_.waits(i)) should.push_back(i);
    }
    const auto text = [](const std::vector<std::size_t>& who, bool closed, std::size_t inside,
                         std::size_t waiting, std::size_t queued) {
      return fmt::format(
          "threads {} wait; the gate is {}, {} readers are inside, {} wait, {} writers are queued",
          who, closed ? "closed" : "open", inside, waiting, queued);
    };
    const std::string wanted = text(
        should, account_.is_closed(), account_.inside(), account_.waiting(), account_.queued());
    const std::string got = text(
        waits, mutex_->closed(), mutex_->readers_inside(), mutex_->readers_waiting(),
        mutex_->writers_queued());
    if (settled && got == wanted) return std::nullopt;
    // Threads that wait cannot be ended: they and their lock stay.
    for (auto& thread : threads_) static_cast<void>(thread.release());
    static_cast<void>(mutex_.release());
    return Failure{
        kLockSays, "LK-10", "impl", wanted, settled ? got : "a thread is not woken: " + got, step_};
  }

  /// Until each thread is done or asleep; false if one that should wake up does not.
  bool settle() {
    // Far longer than any thread needs to wake up: only one that nobody wakes takes that long.
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    std::uint64_t rounds = 0;
    for (int calm = 0; calm < 2;) {
      const bool all = std::ranges::all_of(
          threads_, [](const auto& thread) { return thread->is_done() || thread->sleeps(); });
      calm = all ? calm + 1 : 0;
      if (all) continue;
      if (++rounds > 100) std::this_thread::sleep_for(std::chrono::microseconds(50));
      std::this_thread::yield();
      if (rounds % 1000 == 0 && std::chrono::steady_clock::now() > end) return false;
    }
    return true;
  }

  std::unique_ptr<impl::PhaseFairMutex> mutex_ = std::make_unique<impl::PhaseFairMutex>();
  std::array<std::unique_ptr<Obedient>, kThreads> threads_;
  LockAccount account_;
  std::size_t step_ = 0;
};

}  // namespace

ClassCounts lock_classes() { return ClassCounts(kLockClasses); }

void showValue(const LockCase& c, std::ostream& os) {
  // What a thread does depends on what it holds, which the account knows.
  ClassCounts none = lock_classes();
  LockAccount account(none);
  for (std::size_t i = 0; i < c.commands.size(); ++i) {
    const LockStep& step = c.commands[i];
    if (account.waits(step.thread)) {
      os << fmt::format("  {}. thread {} waits\n", i + 1, step.thread);
      continue;
    }
    const Deed order = order_of(step, account);
    account.gets(step.thread, order);
    os << fmt::format("  {}. thread {}: {}\n", i + 1, step.thread, name_of(order));
  }
}

rc::Gen<LockCase> arbitrary_lock_case() {
  namespace gen = rc::gen;
  const auto step = gen::apply(
      [](std::size_t thread, LockWish wish, bool changes) {
        return LockStep{thread, wish, changes};
      },
      gen::inRange<std::size_t>(0, kThreads),
      gen::element(LockWish::exclusive, LockWish::shared, LockWish::shared, LockWish::intent),
      gen::element(false, true));
  return gen::map(
      gen::resize(40, gen::container<std::vector<LockStep>>(gen::resize(rc::kNominalSize, step))),
      [](std::vector<LockStep> steps) { return LockCase{std::move(steps)}; });
}

std::optional<Failure> run_lock_case(const LockCase& checked, ClassCounts& classes) {
  return LockRunner(classes).run(checked);
}

}  // namespace quire::props
