#include "props/trace/fields.h"

#include <charconv>

namespace quire::props::trace {

std::string_view Fields::after(std::string_view name, std::string_view separator) {
  const std::string wanted = std::string(name) + std::string(separator);
  for (std::size_t at = text_.find(wanted); at != text_.npos; at = text_.find(wanted, at + 1)) {
    if (at == 0 || text_[at - 1] == ' ') return text_.substr(at + wanted.size());
  }
  if (wrong_.empty()) wrong_ = name;
  return {};
}

std::uint64_t Fields::read(std::string_view name, std::string_view digits, int base) {
  const bool negative = digits.starts_with('-');
  if (negative) digits.remove_prefix(1);
  if (base == 0) base = digits.starts_with("0x") ? 16 : 10;
  if (base == 16 && digits.starts_with("0x")) digits.remove_prefix(2);
  std::uint64_t value = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value, base);
  const bool is_number = !digits.empty() && error == std::errc{} && stop == end;
  if (!is_number && wrong_.empty()) wrong_ = name;
  return negative ? 0 - value : value;
}

std::uint64_t Fields::code(std::string_view name) {
  std::string_view rest = after(name, " ");
  const std::size_t open = rest.find('(');
  const std::size_t close = rest.find(')');
  if (open == rest.npos || close == rest.npos || close < open) {
    if (wrong_.empty()) wrong_ = name;
    return 0;
  }
  return read(name, rest.substr(open + 1, close - open - 1), 0);
}

}  // namespace quire::props::trace
