// What the classes of cases are made of.
#pragma once

#include "props/signals/host.h"
#include "props/signals/signal_case.h"

#include <signal.h>

#include <functional>

namespace quire::props {

/// What interrupts a copy, after some of its instructions.
inline Befalls interrupting(Deed deed, Place place, unsigned step = 12) {
  return {
      .moment = Moment::at_step,
      .step = step,
      .deed = deed,
      .signal = SIGSEGV,
      .code = SI_QUEUE,
      .place = place};
}

inline void plain_case(SignalCase& c) {
  const std::size_t kernel = c.kernel, to = c.to_misalignment;
  c = {
      .kernel = kernel,
      .bytes = 300,
      .readable = 290,
      .to_misalignment = to,
      .host = {},
      .befalls = {}};
}

/// Makes the case one thing that befalls an ordinary copy.
inline std::function<void(SignalCase&)> with_one(const Befalls& b) {
  return [b](SignalCase& c) {
    plain_case(c);
    c.befalls = {b};
  };
}

using OfCase = std::function<bool(const SignalCase&, const Observed&, int died)>;

/// Whether one thing that happened is like this.
inline OfCase any_of(
    const std::function<bool(const SignalCase&, const Befalls&, const Happened&)>& is) {
  return [is](const SignalCase& c, const Observed& observed, int) {
    for (std::size_t i = 0; i < c.befalls.size(); ++i) {
      if (observed.happened[i].order != 0 && is(c, c.befalls[i], observed.happened[i])) return true;
    }
    return false;
  };
}

}  // namespace quire::props
