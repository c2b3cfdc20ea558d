// The laws of write hooks that no clause of spec/ states: they compare a hook's answer with what it
// has done to its file.
#pragma once

#include "spec/clause.h"

namespace quire::props {

inline constexpr spec::ClauseText kBeginLocksItsFolio = {
    .operation = "write_begin",
    .name = "locks_its_folio",
    .says =
        "A write_begin that succeeds returns with one lock more than before: that of the folio "
        "it answers.",
    .source = "WB-1, LK-3"};
inline constexpr spec::ClauseText kFailedBeginLocksNothing = {
    .operation = "write_begin",
    .name = "locks_nothing_if_it_fails",
    .says =
        "A write_begin that fails returns with the locks that were held before: no write_end "
        "follows to drop another.",
    .source = "GPW-7"};
inline constexpr spec::ClauseText kEndUnlocksItsFolio = {
    .operation = "write_end",
    .name = "unlocks_its_folio",
    .says =
        "write_end unlocks the folio of its write_begin, whatever it answers, and leaves no "
        "other lock behind.",
    .source = "GPW-7"};
inline constexpr spec::ClauseText kUsesFoliosUnderLock = {
    .operation = "folio",
    .name = "is_used_under_its_lock",
    .says = "Bytes and marks of a folio are used while its lock is held, and in its own range.",
    .source = "WB-1"};
inline constexpr spec::ClauseText kErrorHasACause = {
    .operation = "write",
    .name = "error_has_a_cause",
    .says = "Hooks answer errors, as negative errno, that the file has answered them in this call.",
    .source = "ERR-1"};
inline constexpr spec::ClauseText kThrowsNothing = {
    .operation = "write",
    .name = "throws_nothing",
    .says = "write_begin and write_end answer an error, and throw nothing.",
    .source = "spec/hooks.h"};

}  // namespace quire::props
