// The headers that the files of proofs/ share, precompiled for the programs that are built again
// for each mutant: nothing of impl, which the mutants are of.
#include "proofs/models/attempt_bodies.h"
#include "proofs/models/symbolic_hooks.h"
#include "proofs/obligations/obligations.h"

#include <boost/container/small_vector.hpp>
#include <boost/container/static_vector.hpp>
