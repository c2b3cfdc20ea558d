// Write hooks as a shared object; -DMISTAKE=... builds one with a fault.
#include "props/hooks/plug_in.h"

#include "tests/props/hooks/whole_folio_hooks.h"

#ifndef MISTAKE
#define MISTAKE none
#endif

using Hooks = quire::props::WholeFolioHooks<quire::props::HooksMistake::MISTAKE>;

#if defined(BUILT_LONG_AGO)
const quire::props::HooksPlugIn* quire_write_hooks() {
  static const quire::props::HooksPlugIn plug_in{0, &quire::props::HooksOf<Hooks>::make};
  return &plug_in;
}
#elif !defined(DEFINES_NO_HOOKS)
QUIRE_WRITE_HOOKS_PLUG_IN(Hooks)
#endif
