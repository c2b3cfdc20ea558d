// The powers that an allocator declares, found at compile time.
#pragma once

#include <quire/allocator_powers.h>

#include <boost/hana/fold_left.hpp>
#include <boost/hana/tuple.hpp>
#include <boost/hana/type.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>

namespace quire::check {

namespace allocator_powers {

/// A power and the way in which an allocator declares it: `declares` can be called with its type.
template <class Declares>
struct Declaration {
  AllocatorPower power;
  Declares declares;

  template <class A>
  static constexpr bool made_by() {
    return decltype(boost::hana::is_valid(std::declval<Declares>())(boost::hana::type_c<A>))::value;
  }
};
template <class Declares>
Declaration(AllocatorPower, Declares) -> Declaration<Declares>;

template <class Type>
using allocator = typename Type::type;
template <class Type>
allocator<Type>& any();
template <bool declared>
using when = std::enable_if_t<declared>;

inline constexpr auto kDeclarations = boost::hana::make_tuple(
    Declaration{kReleasesParts, [](auto a) -> when<allocator<decltype(a)>::releases_parts> {}},
    Declaration{kReleasesJoined, [](auto a) -> when<allocator<decltype(a)>::releases_joined> {}},
    Declaration{kHonoursGoal, [](auto a) -> when<allocator<decltype(a)>::honours_goal> {}},
    Declaration{kFindsRuns, [](auto a) -> when<allocator<decltype(a)>::finds_runs> {}},
    Declaration{kAnySize, [](auto a) -> when<allocator<decltype(a)>::any_size> {}},
    Declaration{
        kMarksUsed,
        [](auto a) -> decltype(void(any<decltype(a)>().mark_used(Extent{}))) {}},
    Declaration{
        kShares, [](auto a) -> decltype(void(any<decltype(a)>().share(Extent{})),
                                        void(any<decltype(a)>().owners(0))) {}},
    Declaration{
        kResizes, [](auto a) -> decltype(void(any<decltype(a)>().resize(1))) {}},
    Declaration{
        kPersists,
        [](auto a) -> decltype(void(any<decltype(a)>().save(std::span<std::byte>())),
                               void(any<decltype(a)>().restore(
                                   std::span<const std::byte>()))) {}});

}  // namespace allocator_powers

/// The powers that A declares, as quire::AllocatorPower says.
template <BlockAllocator A>
constexpr std::uint32_t powers_of() {
  return boost::hana::fold_left(
      allocator_powers::kDeclarations, std::uint32_t{0}, [](std::uint32_t mask, auto declaration) {
        const bool made = decltype(declaration)::template made_by<A>();
        return made ? mask | declaration.power : mask;
      });
}

}  // namespace quire::check
