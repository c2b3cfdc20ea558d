// The laws of block allocators, for any strategy: a sentence each.
#pragma once

#include "spec/clause.h"

#include <array>

namespace quire::props {

// --- The laws of every allocator -----------------------------------------------------------------

inline constexpr spec::ClauseText kGrantsWithinDevice = {
    .operation = "allocator",
    .name = "grants_within_device",
    .says = "A granted extent lies within the device.",
    .source = "quire::BlockAllocator"};
inline constexpr spec::ClauseText kGrantsUpToWant = {
    .operation = "allocator",
    .name = "grants_up_to_want",
    .says =
        "Each extent that allocate() grants has at least one block, and all together have at "
        "most as many as were wanted.",
    .source = "quire::BlockAllocator"};
inline constexpr spec::ClauseText kGrantsTheMinimum = {
    .operation = "allocator",
    .name = "grants_the_minimum",
    .says = "Each extent that allocate() grants has at least the minimum of blocks.",
    .source = "quire::BlockAllocator"};
inline constexpr spec::ClauseText kKeepsAlignment = {
    .operation = "allocator",
    .name = "keeps_alignment",
    .says = "Each extent that allocate() grants starts at a multiple of the alignment.",
    .source = "quire::BlockAllocator"};
inline constexpr spec::ClauseText kStaysInItsList = {
    .operation = "allocator",
    .name = "stays_in_its_list",
    .says = "allocate() stores at most as many extents as it got places for.",
    .source = "quire::BlockAllocator"};
inline constexpr spec::ClauseText kGrantsOnce = {
    .operation = "allocator",
    .name = "grants_once",
    .says =
        "A block that is granted is not granted again until it is released, by the same call "
        "neither.",
    .source = "quire::BlockAllocator"};
inline constexpr spec::ClauseText kKeepsPromises = {
    .operation = "allocator",
    .name = "keeps_promises",
    .says = "While a block is reserved, allocate() with minimum 1 and alignment 1 grants.",
    .source = "quire::BlockAllocator"};
inline constexpr spec::ClauseText kFailsCleanly = {
    .operation = "allocator",
    .name = "fails_cleanly",
    .says =
        "allocate() turns as many reserved blocks into granted ones as it stores; where it "
        "stores none, it changes nothing.",
    .source = "quire::BlockAllocator"};
inline constexpr spec::ClauseText kReservesWhatIsFree = {
    .operation = "allocator",
    .name = "reserves_what_is_free",
    .says = "reserve(n) fails exactly when fewer than n blocks are free.",
    .source = "quire::BlockAllocator"};
inline constexpr spec::ClauseText kReservesAllOrNothing = {
    .operation = "allocator",
    .name = "reserves_all_or_nothing",
    .says = "reserve(n) moves n blocks from free to reserved, or fails and moves none.",
    .source = "quire::BlockAllocator"};
inline constexpr spec::ClauseText kGivesBackExactly = {
    .operation = "allocator",
    .name = "gives_back_exactly",
    .says =
        "release() and unreserve() make as many blocks free as they were given and have no "
        "other owner, and no others.",
    .source = "quire::BlockAllocator"};
inline constexpr spec::ClauseText kAccountsForEveryBlock = {
    .operation = "allocator",
    .name = "accounts_for_every_block",
    .says = "free + reserved + granted == blocks, after every call.",
    .source = "ACC-1"};

// --- Those of a power that an allocator declares -------------------------------------------------

inline constexpr spec::ClauseText kHonoursTheGoal = {
    .operation = "allocator",
    .name = "honours_the_goal",
    .says =
        "Where the block `goal` is free and has room for the minimum, an unaligned allocate() "
        "grants it first.",
    .source = "quire::kHonoursGoal"};
inline constexpr spec::ClauseText kFindsEachRun = {
    .operation = "allocator",
    .name = "finds_each_run",
    .says =
        "allocate() grants nothing only where no run of free blocks has an aligned part of the "
        "minimum.",
    .source = "quire::kFindsRuns"};
inline constexpr spec::ClauseText kMarksUsedExactly = {
    .operation = "allocator",
    .name = "marks_used_exactly",
    .says =
        "mark_used() of free blocks of a new allocator takes these from the free ones, and no "
        "others.",
    .source = "quire::kMarksUsed"};
inline constexpr spec::ClauseText kKeepsUsedBlocks = {
    .operation = "allocator",
    .name = "keeps_used_blocks",
    .says = "A block that was in use from the start is not granted until it is released.",
    .source = "quire::kMarksUsed"};
inline constexpr spec::ClauseText kCountsOwners = {
    .operation = "allocator",
    .name = "counts_owners",
    .says = "owners(b) counts the grant and each share of block b that is not released.",
    .source = "quire::kShares"};
inline constexpr spec::ClauseText kSharesCleanly = {
    .operation = "allocator",
    .name = "shares_cleanly",
    .says = "share() makes no block free, reserved or granted.",
    .source = "quire::kShares"};
inline constexpr spec::ClauseText kResizesExactly = {
    .operation = "allocator",
    .name = "resizes_exactly",
    .says =
        "resize(n) fails and changes nothing exactly where a block from n on is granted or too "
        "few are free; else only the number of blocks and of free ones change.",
    .source = "quire::kResizes"};
inline constexpr spec::ClauseText kRestoresEverything = {
    .operation = "allocator",
    .name = "restores_everything",
    .says =
        "restore() of what save() stored leaves the granted blocks granted and all others "
        "free.",
    .source = "quire::kPersists"};

inline constexpr std::array kAllocatorLaws = {
    &kGrantsWithinDevice, &kGrantsUpToWant,       &kGrantsTheMinimum, &kKeepsAlignment,
    &kStaysInItsList,     &kGrantsOnce,           &kKeepsPromises,    &kFailsCleanly,
    &kReservesWhatIsFree, &kReservesAllOrNothing, &kGivesBackExactly, &kAccountsForEveryBlock,
    &kHonoursTheGoal,     &kFindsEachRun,         &kMarksUsedExactly, &kKeepsUsedBlocks,
    &kCountsOwners,       &kSharesCleanly,        &kResizesExactly,   &kRestoresEverything};

}  // namespace quire::props
