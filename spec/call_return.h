// A call returns to its caller.
#pragma once

#include "spec/clause.h"
#include "spec/reflect.h"
#include "spec/word.h"

#include <boost/hana/tuple.hpp>

namespace quire::spec {

template <class W>
struct CallReturn {
  BOOST_HANA_DEFINE_STRUCT(CallReturn,
    (W, held)  // bit r: a lock of rank r that the call took is still held
  );
};

inline constexpr auto returns_unlocked = clause(
    {.operation = "call_return",
     .name = "returns_unlocked",
     .says = "A call returns with every lock dropped that it took.",
     .source = "XFB-1"},
    []<class W>(const CallReturn<W>& op) { return op.held == 0; });

inline constexpr auto call_return_clauses = boost::hana::make_tuple(returns_unlocked);

template <class W>
constexpr const auto& clauses_of(const CallReturn<W>&) {
  return call_return_clauses;
}

}  // namespace quire::spec
