// The player, on this machine: it does what the same calls in this process do, and nothing else.
#include "props/guest/conversation.h"
#include "props/guest/placed_memory.h"
#include "props/memory/user_buffer.h"
#include "props/peers/player_files.h"
#include "tests/props/guest/player_fixture.h"
#include "tests/props/lockstep/any_shapes.h"

#include <gtest/gtest.h>

#include <sys/uio.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <string>
#include <vector>

namespace quire::tests {
namespace {

using namespace props;
using namespace props::guest;

constexpr std::chrono::seconds kPatience{20};

/// A conversation with a player on this machine.
class GuestPlayer : public testing::Test {
 protected:
  GuestPlayer() : player_(Channel(process_.stream(), kPatience)) {}

  Answer write(std::span<const iovec> memory, std::int64_t at) {
    return player_.ask({.call = Call::write, .at = at}, memory);
  }
  Answer read(std::span<const iovec> memory, std::int64_t at) {
    return player_.ask({.call = Call::read, .at = at}, memory);
  }

  PlayerProcess process_{QUIRE_GUEST_PLAYER};
  Conversation player_;
};

TEST_F(GuestPlayer, GreetsWithTheReleaseOfItsKernel) {
  utsname kernel{};
  ::uname(&kernel);
  EXPECT_EQ(player_.release(), kernel.release);
}

TEST_F(GuestPlayer, AnswersWithResultSizeAndPosition) {
  std::string text = "folio";
  const iovec from{text.data(), text.size()};
  const Answer at_byte = write({&from, 1}, 10);
  EXPECT_EQ(at_byte.result, 5);
  EXPECT_EQ(at_byte.size, 15);
  EXPECT_EQ(at_byte.positions[0], 0);
  const Answer at_position = write({&from, 1}, -1);
  EXPECT_EQ(at_position.positions[0], 5);
  EXPECT_EQ(at_position.positions[1], 0) << "another handle";
  std::string back(7, '?');
  const iovec to{back.data(), back.size()};
  EXPECT_EQ(read({&to, 1}, 10).result, 5);
  EXPECT_EQ(back, "folio??");
}

TEST_F(GuestPlayer, CarriesOutEveryOtherCall) {
  std::string text = "folio";
  const iovec from{text.data(), text.size()};
  write({&from, 1}, -1);
  EXPECT_EQ(player_.ask({.call = Call::fsync}).result, 0);
  EXPECT_EQ(player_.ask({.call = Call::drop_cache}).result, 0);
  const Answer longer = player_.ask({.call = Call::truncate, .length = 4096});
  EXPECT_EQ(longer.result, 0);
  EXPECT_EQ(longer.size, 4096);
  EXPECT_EQ(longer.positions[0], 5);
  EXPECT_EQ(player_.ask({.call = Call::reopen}).positions[0], 0);
  EXPECT_EQ(player_.ask({.call = Call::look}).size, 4096);
  EXPECT_EQ(player_.ask({.call = Call::look, .file = 1}).size, 0) << "another file";
  EXPECT_EQ(player_.ask({.call = Call::clear}).result, 0);
  EXPECT_TRUE(process_.folder().is_empty());
  EXPECT_EQ(player_.ask({.call = Call::look}).size, 0) << "a fresh file";
}

TEST_F(GuestPlayer, PassesOnTheFlagsOfAWrite) {
  std::string text = "folio";
  const iovec from{text.data(), text.size()};
  const auto ask = [&](std::int32_t flags) {
    return player_.ask({.call = Call::write, .flags = flags, .at = 0}, {&from, 1});
  };
  ask(0);
  EXPECT_EQ(ask(RWF_APPEND).size, 10);
  EXPECT_EQ(ask(1 << 30).result, -EOPNOTSUPP);
}

TEST_F(GuestPlayer, TakesBytesOfAnotherFile) {
  std::string text = "a gathering of folios";
  const iovec from{text.data(), text.size()};
  player_.ask({.call = Call::write, .file = 1, .at = 0}, {&from, 1});
  const Request mapped{.call = Call::write_mapped, .at = 3, .length = 9, .source = 1, .from = 2};
  EXPECT_EQ(player_.ask(mapped).size, 12);
  std::string back(12, '?');
  const iovec to{back.data(), back.size()};
  EXPECT_EQ(read({&to, 1}, 0).result, 12);
  EXPECT_EQ(back.substr(3), "gathering");
}

TEST_F(GuestPlayer, HoldsACallToItsLimitAndTellsTheSignal) {
  std::string text = "folio";
  const iovec from{text.data(), text.size()};
  const Answer cut = player_.ask({.call = Call::write, .at = 4, .limit = 6}, {&from, 1});
  EXPECT_EQ(cut.result, 2);
  EXPECT_EQ(cut.signal, 0U);
  const Answer refused = player_.ask({.call = Call::write, .at = 6, .limit = 6}, {&from, 1});
  EXPECT_EQ(refused.result, -EFBIG);
  EXPECT_EQ(refused.signal, 1U);
  const Answer free = write({&from, 1}, 6);
  EXPECT_EQ(free.result, 5) << "the limit was of one call";
  EXPECT_EQ(free.signal, 0U);
}

TEST_F(GuestPlayer, SaysWhyItCannotCarryOutACallAndGoesOn) {
  std::filesystem::remove_all(process_.folder().path());
  try {
    player_.ask({.call = Call::fsync, .limit = 1});
    FAIL() << "there is no folder";
  } catch (const CallFailed& e) {
    EXPECT_STREQ(e.what(), "files: open: No such file or directory");
  }
  std::filesystem::create_directory(process_.folder().path());
  EXPECT_EQ(player_.ask({.call = Call::clear}).result, 0);
}

TEST_F(GuestPlayer, DoesNotKnowCallsOfLaterVersions) {
  EXPECT_EQ(player_.ask({.call = static_cast<Call>(99)}).result, -ENOSYS);
  EXPECT_EQ(player_.ask({.call = Call::look}).result, 0) << "and goes on";
}

TEST(GuestPlayerProcess, RemovesItsFilesAtTheEnd) {
  PlayerProcess process(QUIRE_GUEST_PLAYER);
  {
    Conversation player(Channel(process.stream(), kPatience));
    player.ask({.call = Call::look});
    EXPECT_FALSE(process.folder().is_empty());
  }
  EXPECT_EQ(process.wait(), 0);
  EXPECT_TRUE(process.folder().is_empty());
}

TEST_F(GuestPlayer, WritesFromAnyMemoryAsThisProcessDoes) {
  std::mt19937_64 random(1);
  const TemporaryFolder folder;
  const Descriptor file(
      ::open((folder.path() + "/file").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  UserMemory memory;
  int faulted = 0;
  for (int round = 0; round < 300; ++round) {
    memory.clear();
    std::size_t first = 0;
    for (const BufferShape& shape : any_shapes(random)) {
      memory.source(shape, static_cast<std::uint64_t>(round), first);
      first += shape.size;
    }
    const auto at = static_cast<std::int64_t>(random() % 30000);
    const auto segments = memory.segments();
    const ssize_t direct =
        ::pwritev2(file.get(), segments.data(), static_cast<int>(segments.size()), at, 0);
    const Answer played = write(segments, at);
    ASSERT_EQ(played.result, direct < 0 ? -errno : direct) << "round " << round;
    if (played.result != static_cast<std::int64_t>(first)) ++faulted;

    std::vector<std::byte> here(80000), there(80000);
    const iovec whole{there.data(), there.size()};
    const ssize_t size = ::pread(file.get(), here.data(), here.size(), 0);
    ASSERT_EQ(read({&whole, 1}, 0).result, size) << "round " << round;
    ASSERT_EQ(here, there) << "round " << round;
  }
  EXPECT_GT(faulted, 50);
}

TEST_F(GuestPlayer, ReadsIntoAnyMemoryAsThisProcessDoes) {
  std::mt19937_64 random(2);
  const TemporaryFolder folder;
  const Descriptor file(
      ::open((folder.path() + "/file").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  std::vector<std::byte> content(40000);
  for (std::byte& b : content) b = static_cast<std::byte>(random());
  // A byte that looks like the player's own filling.
  std::fill_n(content.end() - 50, 50, PlacedMemory::kFill);
  const iovec whole{content.data(), content.size()};
  ::pwritev2(file.get(), &whole, 1, 0, 0);
  write({&whole, 1}, 0);

  UserMemory here, there;
  for (int round = 0; round < 300; ++round) {
    here.clear();
    there.clear();
    for (const BufferShape& shape : any_shapes(random)) {
      here.destination(shape);
      there.destination(shape);
    }
    const auto at = static_cast<std::int64_t>(random() % 45000);
    const auto segments = here.segments();
    const ssize_t direct =
        ::preadv2(file.get(), segments.data(), static_cast<int>(segments.size()), at, 0);
    ASSERT_EQ(read(there.segments(), at).result, direct < 0 ? -errno : direct) << "round " << round;
    for (std::size_t i = 0; i < segments.size(); ++i) {
      const UserBuffer &a = here.buffers()[i], &b = there.buffers()[i];
      ASSERT_EQ(std::memcmp(a.data, b.data, a.readable), 0) << "round " << round;
    }
    ASSERT_TRUE(there.margins_intact()) << "round " << round;
  }
}

TEST(PlayerFiles, AreFreshAndAnswerAsACaseNeeds) {
  PlayerProcess process(QUIRE_GUEST_PLAYER);
  Conversation player(Channel(process.stream(), kPatience));
  int asked = 0;
  const auto make = [&] {
    return make_player_files(
        [&](const Request& request, std::span<const iovec> memory) {
          ++asked;
          return player.ask(request, memory);
        },
        "player");
  };
  std::string text = "folio";
  const iovec whole{text.data(), text.size()};
  const Handle plain{0, 0}, appends{0, 1};
  const auto files = make();
  EXPECT_EQ(files->size(0), 0) << "of a file that was never named";
  EXPECT_EQ(files->write(plain, {&whole, 1}, -1, 0), 5);
  EXPECT_EQ(files->write(appends, {&whole, 1}, -1, 0), 5);
  const int before = asked;
  EXPECT_EQ(files->seek(plain, 0, SEEK_CUR), 5);
  EXPECT_EQ(files->seek(appends, 0, SEEK_CUR), 10);
  EXPECT_EQ(files->size(0), 10);
  EXPECT_FALSE(files->take_signal());
  EXPECT_EQ(asked, before) << "the answers brought it along";

  files->set_limit(11);
  EXPECT_EQ(files->truncate(plain, 12), -EFBIG);
  files->set_limit(std::nullopt);
  EXPECT_TRUE(files->take_signal());
  EXPECT_FALSE(files->take_signal());
  EXPECT_EQ(files->truncate(plain, 3), 0);
  EXPECT_EQ(files->seek(plain, -1, SEEK_END), 2);
  EXPECT_EQ(files->fallocate(plain, 1 << 30, 0, 1), -EOPNOTSUPP);
  EXPECT_EQ(files->fsync(plain), 0);
  EXPECT_EQ(files->fdatasync(plain), 0);
  EXPECT_EQ(files->syncfs(plain), 0);
  EXPECT_EQ(files->reopen(plain), 0);
  files->drop_cache(0);
  EXPECT_EQ(files->read(plain, {&whole, 1}, -1, 0), 3);
  EXPECT_EQ(make()->size(0), 0);
}

}  // namespace
}  // namespace quire::tests
