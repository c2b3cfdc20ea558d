// A user's hooks behind one type, so that the checker is compiled once and not for each of them.
#pragma once

#include "props/hooks/hooked_file.h"

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <utility>

namespace quire::props {

/// The hooks that the checker can try: write_begin and write_end over the folios of one file.
template <class H>
concept CheckableHooks =
    spec::FolioHooks<H, std::uint64_t> && std::constructible_from<H, HookedFile&>;

/// As spec::FolioHooks; `handle` stands for the folio that write_begin has answered.
class AnyHooks {
 public:
  struct Begun {
    spec::Begun<std::uint64_t> answer;
    std::size_t handle;
  };

  AnyHooks() = default;
  AnyHooks(const AnyHooks&) = delete;
  AnyHooks& operator=(const AnyHooks&) = delete;
  virtual ~AnyHooks() = default;

  virtual Begun write_begin(std::uint64_t pos, std::uint64_t want) = 0;
  virtual std::uint64_t write_end(
      std::size_t handle, std::uint64_t pos, std::uint64_t n, std::uint64_t copied) = 0;
};

/// Makes hooks for a file, which outlives them.
using MakeHooks = std::unique_ptr<AnyHooks>(HookedFile& file);

/// Hooks of the type H.
template <CheckableHooks H>
class HooksOf final : public AnyHooks {
 public:
  explicit HooksOf(HookedFile& file) : hooks_(file) {}

  static std::unique_ptr<AnyHooks> make(HookedFile& file) {
    return std::make_unique<HooksOf>(file);
  }

  Begun write_begin(std::uint64_t pos, std::uint64_t want) override {
    auto folio = hooks_.write_begin(pos, want);
    const spec::Begun<std::uint64_t> answer = folio;
    const std::size_t handle = next_++;
    if (answer.error == 0) begun_.emplace(handle, std::move(folio));
    return {answer, handle};
  }

  std::uint64_t write_end(
      std::size_t handle, std::uint64_t pos, std::uint64_t n, std::uint64_t copied) override {
    auto folio = begun_.extract(handle);
    return hooks_.write_end(folio.mapped(), pos, n, copied);
  }

 private:
  H hooks_;
  std::map<std::size_t, typename H::Folio> begun_;  ///< by handle
  std::size_t next_ = 0;
};

}  // namespace quire::props
