// The headers of the player of vectors, precompiled since it is built again for each mutant:
// nothing of impl, which the mutants are of.
#include "props/judge/judge.h"
#include "props/vectors/vector.h"
#include "spec/reflect.h"
#include "spec/tapped.h"
#include "spec/vectors/vectors.h"

#include <fmt/format.h>
