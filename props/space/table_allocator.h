// An allocator that a user's shared object brings.
#pragma once

#include "props/space/allocator_kind.h"

#include <quire/allocator_table.h>

#include <expected>
#include <memory>
#include <string>

namespace quire::props {

/// The table of a shared object, which stays loaded until the program ends.
struct AllocatorTable {
  std::string file;
  quire_allocator_functions functions{};  ///< of version 1: allocate is null
  decltype(quire_allocator_functions_v1::allocate) allocate_v1 = nullptr;
};

/// Loads a shared object. The error is one line that names the file, the function and what it had
/// to be: it cannot be loaded, defines no quire_allocator_table(), was built with another version
/// of the header, leaves a function out, or declares a power that is not known here.
std::expected<AllocatorTable, std::string> load_allocator_table(const std::string& path);

/// What a table of version 1 or 2 declares, as one of version 2. The error as above, without the
/// file. table: as quire_allocator_table() returned it.
std::expected<AllocatorTable, std::string> read_allocator_table(const void* table);

/// The allocators that this table makes. make() throws std::runtime_error, one line that names the
/// file and the function, where the table's make() returns null or throws; so does each call of an
/// allocator that throws.
AllocatorKind kind_of(const AllocatorTable& table);

}  // namespace quire::props
