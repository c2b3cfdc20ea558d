// Shared objects that users bring to quire-check.
#pragma once

#include <expected>
#include <string>
#include <type_traits>

namespace quire::props {

/// What a shared object must have to be of use here.
struct PlugInKind {
  const char* entry;      ///< the name of its function that is called first
  const char* header;     ///< which declares it
  const char* brings;     ///< what that must return: "a table"
  const char* otherwise;  ///< behind "not a file": what else the path could have been; or empty
};

/// The address of the entry. The object stays loaded until the program ends. The error is one line
/// that names the file and the cause.
std::expected<void*, std::string> find_entry(const std::string& path, const PlugInKind& kind);

/// What the entry returns, a pointer that is not null. Errors as above; the entry may throw. An
/// object of an older version returns another table by the same name: its version is read behind
/// this call, so the sanitizer must let the function have another type.
template <class Entry>
__attribute__((no_sanitize("undefined"))) std::expected<std::invoke_result_t<Entry>, std::string>
call_entry(const std::string& path, const PlugInKind& kind) {
  const auto entry = find_entry(path, kind);
  if (!entry) return std::unexpected(entry.error());
  const auto failed = [&](const char* how) {
    return std::unexpected(
        path + ": " + kind.entry + "() " + how + "; it must return " + kind.brings);
  };
  try {
    const auto got = reinterpret_cast<Entry>(*entry)();
    if (got == nullptr) return failed("returned null");
    return got;
  } catch (...) {
    return failed("threw");
  }
}

}  // namespace quire::props
