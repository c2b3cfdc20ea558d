// Writes to a file of a volume, flushes it to the device, and reads it back.
#include <quire/quire.h>

#include <cstdio>
#include <string>

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  auto volume = quire::Volume::open(argv[1]);  // a block device or a file; what it holds is lost
  if (!volume) {
    std::fprintf(stderr, "%s\n", volume.error().what.c_str());
    return 1;
  }
  auto file = volume->file(1);
  if (!file) {
    std::fprintf(stderr, "%s\n", file.error().what.c_str());
    return 1;
  }
  std::string text = "a gathering of folios";
  const iovec from{text.data(), text.size()};
  const ssize_t written = file->pwritev2(&from, 1, 4090, 0);  // across the edge of a page
  if (written < 0 || file->fsync() != 0) return 1;
  std::string back(text.size(), '?');
  const iovec to{back.data(), back.size()};
  const ssize_t seen = file->preadv2(&to, 1, 4090, 0);
  std::printf("%zd written, %zd read: %s\n", written, seen, back.c_str());
}
