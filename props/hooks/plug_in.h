// Write hooks in a shared object, for quire-check --write-hooks FILE.so.
#pragma once

#include "props/hooks/any_hooks.h"

#include <cstdint>

namespace quire::props {

/// Goes up with each change of AnyHooks, HookedFile, HookedFolio or spec::Begun.
inline constexpr std::uint64_t kHooksPlugInVersion = 1;

/// The hooks that a shared object brings.
struct HooksPlugIn {
  std::uint64_t version;
  MakeHooks* make;
};

}  // namespace quire::props

/// A shared object defines it by QUIRE_WRITE_HOOKS_PLUG_IN.
extern "C" const quire::props::HooksPlugIn* quire_write_hooks();

/// Once in a shared object, outside of any namespace. HOOKS: a class as for check_write_hooks().
#define QUIRE_WRITE_HOOKS_PLUG_IN(HOOKS)                                         \
  const quire::props::HooksPlugIn* quire_write_hooks() {                         \
    static const quire::props::HooksPlugIn plug_in{                              \
        quire::props::kHooksPlugInVersion, &quire::props::HooksOf<HOOKS>::make}; \
    return &plug_in;                                                             \
  }
