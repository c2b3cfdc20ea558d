// The suites by subject; all_suites() has them all.
#pragma once

#include "props/space/allocator_kind.h"
#include "props/suites/suite.h"

#include <string>
#include <vector>

namespace quire::props {

std::vector<Suite> lockstep_suites();
/// allocator: as in Options; a shared object's joins the built-in ones.
std::vector<Suite> allocator_suites(const std::string& allocator);
/// quire's own allocators, and the shared object's if `allocator` names one. Throws
/// std::invalid_argument, one line, if it brings none.
std::vector<AllocatorKind> allocator_kinds(const std::string& allocator);
/// The suite that holds the allocators of a kind to the laws. choice: the value of
/// Options::allocator that asks for it alone.
Suite suite_of_laws(const AllocatorKind& kind, const std::string& choice);
/// path: of a user's shared object; empty: there is none. Throws std::invalid_argument, one line,
/// if it brings no hooks.
std::vector<Suite> write_hooks_suites(const std::string& path);
std::vector<Suite> copy_suites();
/// Devices behind paths, on a machine whose system calls are drawn.
std::vector<Suite> device_suites();
/// Volumes and files as a program holds them.
std::vector<Suite> handle_suites();
/// libquire's lock.
std::vector<Suite> lock_suites();
/// ref's page cache alone.
std::vector<Suite> cache_suites();
/// The calls that only F2FS has, on ref's model.
std::vector<Suite> f2fs_suites();
std::vector<Suite> signal_suites();

/// peer, kernel: as in Options. Throws std::invalid_argument, one line, for a file system that the
/// kernel does not have.
std::vector<Suite> peer_suites(const std::string& peer, const std::string& kernel);
std::vector<Suite> argument_suites();
/// The vectors that quire-prove --vectors has written.
std::vector<Suite> vectors_suites();

/// ref's models of XFS and F2FS against its plain write path, in memory.
std::vector<Suite> ref_model_suites();

/// The running kernel's own steps; skipped where the machine has no tracefs, XFS or root.
std::vector<Suite> trace_suites();
/// A trace recorded with Options::trace_out.
std::vector<Suite> trace_file_suites(const std::string& path);

}  // namespace quire::props
