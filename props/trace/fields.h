// Finds named values in the text of one event.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace quire::props::trace {

/// Reads values by name; remembers the first that is missing or no number.
class Fields {
 public:
  explicit Fields(std::string_view text) : text_(text) {}

  /// The word after "NAME ".
  std::string_view word(std::string_view name) { return until_space(after(name, " ")); }
  /// The word after "NAME=".
  std::string_view assigned(std::string_view name) { return until_space(after(name, "=")); }

  /// "NAME 12" or "NAME 0xc"; base 16 also reads "NAME c".
  std::uint64_t number(std::string_view name, int base = 0) { return read(name, word(name), base); }
  /// "NAME=12".
  std::uint64_t assigned_number(std::string_view name) { return read(name, assigned(name), 0); }
  /// "NAME words (0xc)": the number in parentheses.
  std::uint64_t code(std::string_view name);

  /// Empty, or the name of the value that could not be read.
  const std::string& wrong() const { return wrong_; }

 private:
  std::string_view after(std::string_view name, std::string_view separator);
  std::uint64_t read(std::string_view name, std::string_view digits, int base);
  static std::string_view until_space(std::string_view text) {
    return text.substr(0, text.find(' '));
  }

  std::string_view text_;
  std::string wrong_;
};

}  // namespace quire::props::trace
