// Cases that aim at a class of input.
#pragma once

#include "props/differential/command.h"
#include "props/judge/coverage.h"
#include "props/lockstep/arbitrary.h"

#include <rapidcheck/Gen.h>

namespace quire::props {

/// A case that reaches `wanted`: on a new volume, the commands that lead there, and then any few.
/// Nearly every such case reaches its class, in memory as on a device that holds no whole folio.
rc::Gen<Case> case_for(const InputClass& wanted, const Bounds& bounds);

}  // namespace quire::props
