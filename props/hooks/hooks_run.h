// Runs a case of write hooks under one of the loops.
#pragma once

#include "props/hooks/any_hooks.h"
#include "props/hooks/hooks_case.h"
#include "props/judge/failure.h"
#include "spec/locks/graph.h"

#include <optional>
#include <string>

namespace quire::props {

/// The loops that call write_begin and write_end: ref's ends each folio before it begins the next,
/// impl's begins several first.
enum class HooksLoop { ref, impl };

/// A broken rule, and the calls that led there, a line each.
struct HooksFailure {
  Failure failure;
  std::string calls;
};

/// waits: counts the waits for locks; may be null.
std::optional<HooksFailure> run_hooks_case(
    const HooksCase& drawn, MakeHooks* make, HooksLoop loop, spec::LockGraph* waits = nullptr);

/// Under ref's loop, then under impl's.
std::optional<HooksFailure> run_hooks_case(
    const HooksCase& drawn, MakeHooks* make, spec::LockGraph* waits = nullptr);

}  // namespace quire::props
