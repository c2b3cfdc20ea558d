// Walks over the fields of a record. Z3 constants, RapidCheck generators, printers and equality all
// walk the fields that BOOST_HANA_DEFINE_STRUCT names. Only this file uses Hana's reflection.
#pragma once

#include <boost/hana/accessors.hpp>
#include <boost/hana/concept/struct.hpp>
#include <boost/hana/define_struct.hpp>
#include <boost/hana/first.hpp>
#include <boost/hana/for_each.hpp>
#include <boost/hana/second.hpp>
#include <boost/hana/string.hpp>
#include <boost/hana/tuple.hpp>
#include <boost/hana/unpack.hpp>

#include <string>
#include <type_traits>

namespace quire::spec {

template <class T>
concept Reflected = boost::hana::Struct<std::remove_cvref_t<T>>::value;

/// One function for all fields of a type: inlined into each, it took half the time to compile.
template <class Leaf, class Visit>
[[gnu::noinline]] void visit_leaf(
    Leaf& leaf, Visit& visit, const std::string& path, const char* name) {
  visit(path + name, leaf);
}

/// Calls visit("outer.inner", leaf) for every leaf field of `state`, in declaration order.
template <Reflected T, class Visit>
void for_each_leaf(T& state, Visit&& visit, const std::string& path = {}) {
  const auto visit_field = [&](auto& value, const char* name) {
    if constexpr (Reflected<decltype(value)>) {
      for_each_leaf(value, visit, path + name + ".");
    } else {
      visit_leaf(value, visit, path, name);
    }
  };
  boost::hana::unpack(boost::hana::accessors<std::remove_cv_t<T>>(), [&](const auto&... field) {
    (visit_field(boost::hana::second(field)(state), boost::hana::first(field).c_str()), ...);
  });
}

/// Calls visit(leaf) for each of them. Their names cost more than most visits.
template <Reflected T, class Visit>
void for_each_value(T& state, Visit&& visit) {
  const auto visit_field = [&](auto& value) {
    if constexpr (Reflected<decltype(value)>) {
      for_each_value(value, visit);
    } else {
      visit(value);
    }
  };
  boost::hana::unpack(boost::hana::accessors<std::remove_cv_t<T>>(), [&](const auto&... field) {
    (visit_field(boost::hana::second(field)(state)), ...);
  });
}

/// Builds a T whose every leaf is make.template operator()<Leaf>("outer.inner").
template <Reflected T, class Make>
T build(Make&& make, const std::string& path = {}) {
  const auto field_value = [&]<class Field>(const Field& field) {
    using Value = std::remove_cvref_t<decltype(boost::hana::second(field)(std::declval<T&>()))>;
    const std::string name = path + boost::hana::first(field).c_str();
    if constexpr (Reflected<Value>) {
      return build<Value>(make, name + ".");
    } else {
      return make.template operator()<Value>(name);
    }
  };
  return boost::hana::unpack(
      boost::hana::accessors<T>(), [&](const auto&... field) { return T{field_value(field)...}; });
}

/// Field-by-field equality, in whatever world the leaves live.
template <class T>
auto same(const T& a, const T& b) {
  if constexpr (Reflected<T>) {
    return boost::hana::unpack(boost::hana::accessors<T>(), [&](const auto&... field) {
      return (same(boost::hana::second(field)(a), boost::hana::second(field)(b)) && ...);
    });
  } else {
    return a == b;
  }
}

}  // namespace quire::spec
