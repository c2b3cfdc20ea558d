// The suite that asks the running kernel what a call with bad arguments answers.
#include "props/device/descriptor.h"
#include "props/device/memory_device.h"
#include "props/subject/subject.h"
#include "props/suites/run_cases.h"
#include "props/suites/suites.h"
#include "ref/plain/volume.h"

#include <quire/quire.h>

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/uio.h>

#include <cerrno>
#include <climits>
#include <cstring>
#include <limits>

namespace quire::props {
namespace {

/// Where the segments of a call lie.
enum class Base {
  good,    ///< kGoodBytes that can be read and written
  null,    ///< no memory, and none up to the longest call
  kernel,  ///< addresses that no program has
};

/// One call: pwritev2 or preadv2 with `iovcnt` segments of `length` bytes each.
struct Arguments {
  bool write;
  bool null_array;
  Base base;
  std::size_t length;
  int iovcnt;
  off_t offset;
  int flags;
};

void showValue(const Arguments& a, std::ostream& os) {
  os << fmt::format(
      "{}(iov {}, iovcnt {}, each {} bytes at {}; offset {}, flags {:#x})",
      a.write ? "pwritev2" : "preadv2", a.null_array ? "null" : "good", a.iovcnt, a.length,
      a.base == Base::null     ? "null"
      : a.base == Base::kernel ? "an address of the kernel"
                               : "good memory",
      a.offset, a.flags);
}

constexpr int kUnknownFlag = 1 << 30;
constexpr std::size_t kGoodBytes = 4096;
constexpr std::uintptr_t kKernelBase = ~std::uintptr_t{0} << 47;  // of x86-64, and of arm64 too

rc::Gen<Arguments> arbitrary_arguments() {
  constexpr off_t kMax = std::numeric_limits<off_t>::max();
  return rc::gen::apply(
      [](bool write, bool null_array, Base base, std::size_t length, int iovcnt, off_t offset,
         int flags) {
        if (base == Base::good) length = std::min(length, kGoodBytes);
        return Arguments{write, null_array, base, length, iovcnt, offset, flags};
      },
      rc::gen::arbitrary<bool>(), rc::gen::weightedElement<bool>({{5, false}, {1, true}}),
      rc::gen::weightedElement<Base>({{6, Base::good}, {3, Base::null}, {1, Base::kernel}}),
      rc::gen::element<std::size_t>(
          0, 1, 100, kGoodBytes, 0x7fffffff, std::size_t{SSIZE_MAX} + 1, SIZE_MAX),
      rc::gen::element<int>(INT_MIN, -1, 0, 1, 2, 5, 1023, 1024, 1025, INT_MAX),
      rc::gen::element<off_t>(
          std::numeric_limits<off_t>::min(), -2, -1, 0, 1, 4095, 100'000, kMax - 100'000'000,
          kMax - 1, kMax),
      rc::gen::weightedElement<int>({{3, 0}, {1, kUnknownFlag}}));
}

/// The same file three times: the kernel's, ref's and impl's, all of 4096 bytes.
class ThreeFiles {
 public:
  ThreeFiles()
      : kernel_(::memfd_create("quire-check", MFD_CLOEXEC)),
        ref_device_(64 << 20, 512),
        impl_device_(std::make_shared<MemoryDevice>(64 << 20, 512)),
        impl_volume_(Volume::open(impl_device_).value()),
        ref_volume_(ref::Volume::make(ref_device_, {}).value()) {}

  std::int64_t kernel(const Arguments& a, const iovec* iov) {
    if (::ftruncate(kernel_.get(), kGoodBytes) != 0 || ::lseek(kernel_.get(), 0, SEEK_SET) != 0)
      return -EIO;
    const ssize_t n = a.write ? ::pwritev2(kernel_.get(), iov, a.iovcnt, a.offset, a.flags)
                              : ::preadv2(kernel_.get(), iov, a.iovcnt, a.offset, a.flags);
    return n < 0 ? -errno : n;
  }
  std::int64_t impl(const Arguments& a, const iovec* iov) {
    File file = impl_volume_.file(0).value();
    if (file.ftruncate(0) != 0 || file.ftruncate(kGoodBytes) != 0) return -EIO;
    return a.write ? file.pwritev2(iov, a.iovcnt, a.offset, a.flags)
                   : file.preadv2(iov, a.iovcnt, a.offset, a.flags);
  }
  std::int64_t ref(const Arguments& a, const iovec* iov) {
    ref::File file = ref_volume_->open(0);
    if (file.ftruncate(0) != 0 || file.ftruncate(kGoodBytes) != 0) return -EIO;
    return a.write ? file.pwritev2(iov, a.iovcnt, a.offset, a.flags)
                   : file.preadv2(iov, a.iovcnt, a.offset, a.flags);
  }

 private:
  class Adapter final : public ref::Device {
   public:
    Adapter(std::uint64_t bytes, std::uint32_t sector_size) : device_(bytes, sector_size) {}
    std::uint64_t size() const override { return device_.size(); }
    std::uint64_t sector_size() const override { return device_.sector_size(); }
    int read(std::uint64_t pos, std::span<std::byte> to) override {
      return device_.read_at(pos, to);
    }
    int write(std::uint64_t pos, std::span<const std::byte> from) override {
      return device_.write_at(pos, from);
    }
    int flush() override { return device_.flush(); }

   private:
    MemoryDevice device_;
  };

  Descriptor kernel_;
  Adapter ref_device_;
  std::shared_ptr<MemoryDevice> impl_device_;
  Volume impl_volume_;
  std::unique_ptr<ref::Volume> ref_volume_;
};

SuiteResult run_arguments(const Options& options) {
  SuiteResult result{.suite = "arguments", .device = "memory"};
  ThreeFiles files;
  std::vector<std::byte> good(kGoodBytes);
  const auto failed = run_cases(
      "arguments", options, arbitrary_arguments(),
      [&](const Arguments& a) -> std::optional<Failure> {
        void* const base = a.base == Base::good   ? good.data()
                           : a.base == Base::null ? nullptr
                                                  : reinterpret_cast<void*>(kKernelBase);
        const std::vector<iovec> array(std::clamp(a.iovcnt, 0, 1024), {base, a.length});
        const iovec* const iov = a.null_array ? nullptr : array.data();
        const std::int64_t wanted = files.kernel(a, iov);
        const auto differs = [&](const char* subject, std::int64_t got) {
          return Failure{
              "A call with odd arguments answers what the running kernel's does.",
              "CHK-2; pwritev2(2)", subject, std::to_string(wanted), std::to_string(got)};
        };
        if (options.subject != "impl") {
          if (const auto got = files.ref(a, iov); got != wanted) return differs("ref", got);
        }
        if (options.subject != "ref") {
          if (const auto got = files.impl(a, iov); got != wanted) return differs("impl", got);
        }
        return std::nullopt;
      },
      result.cases);
  if (failed) report(result, *failed);
  return result;
}

}  // namespace

std::vector<Suite> argument_suites() {
  return {
      {"arguments",
       "Odd offsets, lengths, counts, addresses and flags are answered as the running kernel "
       "answers them.",
       "CHK-1, CHK-2", run_arguments, false, true}};
}

}  // namespace quire::props
