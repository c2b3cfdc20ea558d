#include "props/watchdog/leaks.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define QUIRE_KNOWS_LEAKS
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define QUIRE_KNOWS_LEAKS
#endif

#ifdef QUIRE_KNOWS_LEAKS
#include <sanitizer/lsan_interface.h>
#endif

namespace quire::props {

bool memory_has_leaked() {
#ifdef QUIRE_KNOWS_LEAKS
  return __lsan_do_recoverable_leak_check() != 0;
#else
  return false;
#endif
}

}  // namespace quire::props
