// The answers that a long run against a peer must meet: a suite in which nothing happens would
// hold, too.
#pragma once

#include "props/differential/command.h"
#include "props/peers/case_run.h"
#include "props/peers/peers.h"

#include <rapidcheck/Gen.h>

#include <string>
#include <vector>

namespace quire::props {

/// The classes of command and answer that a long run must meet: success of each call that both
/// sides have, and the errors of memory, limit and a full volume. ours: of the left side; ref's
/// plain files have every call.
std::vector<std::string> must_see(
    const PeerAllowance& peer, const PeerAllowance& ours = allowance_of("ref"));

/// The classes of the suite that compares ref's model of XFS under quotas with itself.
std::vector<std::string> must_see_under_quotas();

/// The `classes` that were not met.
std::vector<std::string> never_seen(
    const std::vector<std::string>& classes, const AnswerCounts& met);

/// Cases that nearly all meet `wanted`, one of must_see(): the commands that lead there, and then
/// those of a case of `any`, whose setting it has.
rc::Gen<Case> case_that_meets(const std::string& wanted, const rc::Gen<Case>& any);

}  // namespace quire::props
