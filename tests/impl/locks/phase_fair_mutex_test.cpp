// The order of threads under the reader-writer lock, counted: no test here waits for a time to
// pass.
#include "impl/locks/phase_fair_mutex.h"

#include "impl/locks/locks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace quire::impl {
namespace {

using Names = std::vector<std::string>;

void wait_until(const std::function<bool()>& done) {
  while (!done()) std::this_thread::yield();
}

/// Threads that take one lock, and the order in which they got it. Each keeps it until it is asked
/// to let go.
class Order {
 public:
  PhaseFairMutex mutex;

  ~Order() {
    for (const Holder& holder : holders_) holder.lets_go->store(true);
    for (Holder& holder : holders_) holder.thread.join();
  }
  Order() { holders_.reserve(64); }

  void start_reader(const std::string& name) {
    start(
        name, [this] { mutex.lock_shared(); }, [this] { mutex.unlock_shared(); });
  }
  void start_writer(const std::string& name) {
    start(
        name, [this] { mutex.lock(); }, [this] { mutex.unlock(); });
  }
  void start_intent(const std::string& name) {
    start(
        name, [this] { mutex.lock_intent(); }, [this] { mutex.unlock_intent(); });
  }

  /// Starts readers, and returns when all of them wait.
  void let_readers_wait(const Names& names) {
    const std::uint64_t before = mutex.readers_waiting();
    for (const std::string& name : names) start_reader(name);
    wait_until([&] { return mutex.readers_waiting() == before + names.size(); });
  }
  /// Starts a writer, and returns when it is in the queue.
  void let_writer_queue(const std::string& name) {
    const std::uint32_t before = mutex.tickets_drawn();
    start_writer(name);
    wait_until([&] { return mutex.tickets_drawn() == before + 1; });
  }

  /// Returns the names of those that hold the lock or have held it, once there are `count`.
  Names got(std::size_t count) {
    wait_until([&] { return got().size() >= count; });
    return got();
  }
  Names got() {
    const std::lock_guard lock(names_mutex_);
    return names_;
  }
  void let_go(const std::string& name) {
    for (Holder& holder : holders_) {
      if (holder.name == name) holder.lets_go->store(true);
    }
  }

 private:
  struct Holder {
    std::string name;
    std::unique_ptr<std::atomic<bool>> lets_go;
    std::thread thread;
  };

  void start(const std::string& name, std::function<void()> lock, std::function<void()> unlock) {
    auto lets_go = std::make_unique<std::atomic<bool>>(false);
    std::atomic<bool>& flag = *lets_go;
    holders_.push_back({name, std::move(lets_go), std::thread([this, name, lock, unlock, &flag] {
                          lock();
                          {
                            const std::lock_guard guard(names_mutex_);
                            names_.push_back(name);
                          }
                          wait_until([&] { return flag.load(); });
                          unlock();
                        })});
  }

  std::mutex names_mutex_;
  Names names_;
  std::vector<Holder> holders_;
};

Names sorted(Names names) {
  std::sort(names.begin(), names.end());
  return names;
}

TEST(PhaseFairMutex, LetsNoReaderPassAWriterThatWaits) {
  Order order;
  order.start_reader("first");
  order.got(1);
  order.start_writer("writer");
  wait_until([&] { return order.mutex.closed(); });
  order.let_readers_wait({"a", "b", "c"});
  EXPECT_EQ(order.got(), (Names{"first"}));
  order.let_go("first");
  EXPECT_EQ(order.got(2), (Names{"first", "writer"}));
  for (const char* name : {"writer", "a", "b", "c"}) order.let_go(name);
}

TEST(PhaseFairMutex, LetsEveryWaitingReaderInBeforeTheNextWriter) {
  Order order;
  order.start_writer("one");
  order.got(1);
  order.let_writer_queue("two");
  order.let_readers_wait({"a", "b"});
  order.let_go("one");
  EXPECT_EQ(sorted(order.got(3)), (Names{"a", "b", "one"}));
  // The next writer waits for these two readers alone; a third one comes after it.
  order.let_readers_wait({"late"});
  EXPECT_EQ(order.got().size(), 3U);
  order.let_go("a");
  order.let_go("b");
  EXPECT_EQ(order.got(4)[3], "two");
  order.let_go("two");
  EXPECT_EQ(order.got(5)[4], "late");
  order.let_go("late");
}

TEST(PhaseFairMutex, ServesWritersInTheOrderInWhichTheyCame) {
  Order order;
  order.start_writer("0");
  Names names{"0"};
  order.got(1);
  for (int i = 1; i <= 20; ++i) {
    names.push_back(std::to_string(i));
    order.let_writer_queue(names.back());
  }
  for (const std::string& name : names) order.let_go(name);
  EXPECT_EQ(order.got(names.size()), names);
}

TEST(PhaseFairMutex, LetsAWriterOfTheQueueBePassedABoundedNumberOfTimes) {
  PhaseFairMutex mutex;
  std::atomic<bool> entered = false;
  mutex.lock();
  std::thread queued([&] {
    mutex.lock();
    entered = true;
    mutex.unlock();
  });
  wait_until([&] { return mutex.writers_queued() == 1; });
  // From here on each round passes the queued thread, until this thread has to queue behind it.
  std::uint32_t passes = 0;
  for (; !entered && passes <= 2 * PhaseFairMutex::kOvertakesMax; ++passes) {
    mutex.unlock();
    mutex.lock();
  }
  EXPECT_TRUE(entered);
  EXPECT_LE(passes, PhaseFairMutex::kOvertakesMax + 1);
  mutex.unlock();
  queued.join();
}

TEST(PhaseFairMutex, LetsWaitingReadersInAtOnceWhenItsOwnerDowngrades) {
  Order order;
  order.mutex.lock();
  order.let_readers_wait({"a", "b"});
  order.let_writer_queue("writer");
  order.mutex.downgrade();
  EXPECT_EQ(sorted(order.got(2)), (Names{"a", "b"}));
  order.start_reader("c");  // nor does a queued writer keep readers from passing the owner
  EXPECT_EQ(order.got(3)[2], "c");
  EXPECT_EQ(order.mutex.writers_queued(), 1U);

  std::atomic<bool> upgraded = false;
  std::thread helper([&] {  // the owner's steps, on a thread that may wait
    order.mutex.upgrade();
    upgraded = true;
    order.mutex.unlock();
  });
  wait_until([&] { return order.mutex.closed(); });
  order.let_readers_wait({"d"});
  EXPECT_FALSE(upgraded);
  EXPECT_EQ(order.got().size(), 3U);
  for (const char* name : {"a", "b", "c"}) order.let_go(name);
  helper.join();
  EXPECT_EQ(order.got(4)[3], "d") << "the reader goes before the writer of the queue";
  order.let_go("d");
  EXPECT_EQ(order.got(5)[4], "writer");
  order.let_go("writer");
}

TEST(PhaseFairMutex, LeavesTheGateClosedBetweenTwoWriters) {
  Order order;
  order.start_intent("intent");
  order.got(1);
  order.start_reader("inside");
  order.got(2);
  order.let_writer_queue("writer");
  order.let_go("intent");
  wait_until([&] { return order.mutex.closed(); });
  order.let_readers_wait({"late"});
  order.let_go("inside");
  EXPECT_EQ(order.got(3)[2], "writer");
  order.let_go("writer");
  EXPECT_EQ(order.got(4)[3], "late");
  order.let_go("late");
}

TEST(PhaseFairMutex, TakesTheIntentModeFromTheQueueToo) {
  Order order;
  order.mutex.lock();
  order.start_intent("intent");
  wait_until([&] { return order.mutex.writers_queued() == 1; });
  order.let_readers_wait({"a"});
  order.mutex.unlock();
  EXPECT_EQ(order.got(1), (Names{"a"}));
  order.let_go("a");
  EXPECT_EQ(order.got(2)[1], "intent");
  order.start_reader("b");
  EXPECT_EQ(order.got(3)[2], "b");
  order.let_go("intent");
  order.let_go("b");
}

/// Two readers never leave the lock both, unless one waits long for the other to come in; a writer
/// wants it once in a while. Counts the reads that begin while it waits.
TEST(SharedMutex, DoesNotLetReadersThatOverlapStarveAWriter) {
  constexpr int kReadsMax = 20'000, kPatience = 200;
  SharedMutex<spec::Iolock> mutex;
  std::atomic<int> reads = 0;
  std::atomic<bool> stop = false;
  const auto read = [&] {
    while (!stop) {
      const SharedLock lock(mutex);
      const int mine = ++reads;
      for (int i = 0; reads == mine && i < kPatience; ++i) std::this_thread::yield();
    }
  };
  std::thread first(read), second(read);
  wait_until([&] { return reads > 10; });
  int worst = 0;
  std::thread watch([&] {  // a writer that starves must not hang the test
    wait_until([&] { return stop || reads > kReadsMax; });
    stop = true;
  });
  for (int i = 0; i < 10 && !stop; ++i) {
    const int before = reads;
    const Lock lock(mutex);
    worst = std::max(worst, reads - before);
  }
  stop = true;
  first.join();
  second.join();
  watch.join();
  EXPECT_LT(worst, kReadsMax / 10);
}

/// Every mode at once, with a plain variable that the lock guards: for ThreadSanitizer too.
TEST(PhaseFairMutex, KeepsItsModesApart) {
  constexpr int kRounds = 2000;
  PhaseFairMutex mutex;
  std::uint64_t guarded = 0;
  std::atomic<int> owners = 0;
  std::atomic<int> wrong = 0;
  const auto owner_only = [&](auto body) {
    if (owners.fetch_add(1) != 0) ++wrong;
    body();
    owners.fetch_sub(1);
  };
  std::vector<std::thread> threads;
  for (int t = 0; t < 2; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kRounds; ++i) {
        mutex.lock();
        owner_only([&] {
          ++guarded;
          if (i % 3 == 0) {
            mutex.downgrade();
            std::this_thread::yield();
            mutex.upgrade();
          }
          ++guarded;
        });
        mutex.unlock();
      }
    });
    threads.emplace_back([&] {
      for (int i = 0; i < kRounds; ++i) {
        mutex.lock_intent();
        owner_only([&] {
          if (i % 3 == 0) {
            mutex.upgrade();
            ++guarded;
            mutex.downgrade();
          }
        });
        mutex.unlock_intent();
      }
    });
    threads.emplace_back([&] {
      for (int i = 0; i < kRounds; ++i) {
        mutex.lock_shared();
        const std::uint64_t before = guarded;
        if (i % 5 == 0) std::this_thread::yield();
        if (guarded != before) ++wrong;
        mutex.unlock_shared();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(guarded, 2U * 2 * kRounds + 2 * ((kRounds + 2) / 3));
  EXPECT_FALSE(mutex.closed());
  EXPECT_EQ(mutex.readers_inside() + mutex.readers_waiting() + mutex.writers_queued(), 0U);
}

}  // namespace
}  // namespace quire::impl
