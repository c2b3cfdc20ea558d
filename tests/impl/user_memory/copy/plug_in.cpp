// A plug-in that links libquire, which a program loads, uses and unloads.
#include "tests/impl/files_in_memory.h"

#include <cerrno>

/// One write, from good memory and from memory that cannot be read. 0 if both answer as they
/// should.
extern "C" [[gnu::visibility("default")]] int plug_in_writes() {
  quire::Volume volume = quire::tests::volume_in_memory();
  quire::File file = volume.file(1).value();
  if (quire::tests::write_at(file, 0, "bytes", 5) != 5) return 1;
  return quire::tests::write_at(file, 0, nullptr, 5) == -EFAULT ? 0 : 2;
}
