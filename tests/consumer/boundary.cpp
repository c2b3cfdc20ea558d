// Crosses the boundaries of shared objects: a device of one serves libquire, and functions of this
// program with the names of libquire's own must not be called in their place.
#include "device.h"

#include <quire/quire.h>

#include <cstdio>
#include <string>
#include <typeinfo>

namespace {

int failures = 0;

void expect(bool holds, const char* sentence) {
  if (holds) return;
  std::fprintf(stderr, "not so: %s\n", sentence);
  ++failures;
}

void use(quire::Volume& volume) {
  auto opened = volume.file(1);
  expect(opened.has_value(), "a file is opened");
  if (!opened) return;
  quire::File& file = *opened;
  std::string text = "across the boundary";
  const iovec from{text.data(), text.size()};
  expect(file.pwritev2(&from, 1, 100, 0) == ssize_t(text.size()), "a write is accepted");
  expect(file.fsync() == 0, "fsync writes it");
  expect(file.drop_cache() == 0, "the cache is dropped");
  std::string back(text.size(), '?');
  const iovec to{back.data(), back.size()};
  expect(file.preadv2(&to, 1, 100, 0) == ssize_t(back.size()) && back == text, "it is read back");
}

}  // namespace

#ifdef INTERPOSE
int calls_of_ours = 0;

namespace quire {
namespace impl {
void install_fault_handler() { ++calls_of_ours; }
}  // namespace impl
int install_fault_handler() noexcept {
  ++calls_of_ours;
  return 0;
}
Result<std::unique_ptr<BlockDevice>> open_block_device(const std::string&) {
  ++calls_of_ours;
  return std::unexpected(Error{1, "the program's own"});
}
}  // namespace quire
#endif

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const auto device = make_memory_device(1 << 20);
  expect(dynamic_cast<quire::BlockDevice*>(device.get()) != nullptr, "its type is known here");
  expect(typeid(*device) != typeid(quire::BlockDevice), "and is a type of its own");
  try {
    make_memory_device(0);
    expect(false, "a device of 0 bytes is refused");
  } catch (const NoBytes&) {
  }
  auto on_memory = quire::Volume::open(device);
  expect(on_memory.has_value(), "a volume opens on a device of another shared object");
  if (on_memory) use(*on_memory);
  auto on_file = quire::Volume::open(argv[1]);
  if (!on_file) std::fprintf(stderr, "%s\n", on_file.error().what.c_str());
  expect(on_file.has_value(), "a volume opens on a file");
  if (on_file) use(*on_file);
#ifdef INTERPOSE
  expect(calls_of_ours == 0, "libquire calls its own functions");
#endif
  return failures == 0 ? 0 : 1;
}
