// The classes by what befalls the copy.
#include "props/signals/signal_class_parts.h"
#include "props/signals/signal_classes.h"

#include <signal.h>

#include <utility>
#include <vector>

namespace quire::props {
namespace {

/// A signal that interrupts the copy, and whose sender could not be the processor.
OfCase sent_into_copy(int code, Place place) {
  return any_of([=](const SignalCase&, const Befalls& b, const Happened& h) {
    return b.deed == Deed::sends && h.in_copy && (b.code > 0) == (code > 0) && b.place == place;
  });
}

}  // namespace

void SignalClasses::add_signals() {
  constexpr Place kPlaces[] = {Place::first,         Place::inside,        Place::last,
                               Place::one_before,    Place::one_behind,    Place::stop,
                               Place::before_target, Place::behind_target, Place::last_fault};
  for (const Place place : kPlaces) {
    for (const int code : {int{SI_QUEUE}, int{SEGV_ACCERR}}) {
      Befalls b = interrupting(Deed::sends, place);
      b.code = code;
      add((code > 0 ? "a lie into the copy, " : "a signal into the copy, ") + name_of(place),
          sent_into_copy(code, place), with_one(b));
    }
  }
  Befalls b = interrupting(Deed::sends, Place::inside);
  for (const Moment moment : {Moment::before, Moment::after}) {
    b.moment = moment;
    add(moment == Moment::before ? "a signal before the copy" : "a signal after the copy",
        any_of([moment](const SignalCase&, const Befalls& each, const Happened&) {
          return each.deed == Deed::sends && each.moment == moment;
        }),
        with_one(b));
  }
  b = interrupting(Deed::sends, Place::inside, 200);
  add("a signal into the loop over bytes",
      any_of([](const SignalCase&, const Befalls& each, const Happened& h) {
        return each.deed == Deed::sends && h.in_byte_loop;
      }),
      [b](SignalCase& c) {
        with_one(b)(c);
        c.kernel = 0;  // of an engine with such a loop, where there is one
        c.bytes = 100;
        c.readable = 90;
      });
  // Which step is the first of the loop depends on the kernel.
  add("poison at the byte of the loop over bytes",
      any_of([](const SignalCase&, const Befalls& each, const Happened& h) {
        return each.signal == SIGBUS && each.code == BUS_MCEERR_AR && h.at_its_byte;
      }),
      [](SignalCase& c) {
        plain_case(c);
        c.kernel = 0;
        c.bytes = 100;
        c.readable = 90;
        for (unsigned step = 4; step < 4 + kBefallsMax; ++step) {
          Befalls poison = interrupting(Deed::sends, Place::first, step);
          poison.signal = SIGBUS;
          poison.code = BUS_MCEERR_AR;
          c.befalls.push_back(poison);
        }
      });
  b = interrupting(Deed::sends, Place::inside);
  b.signal = SIGBUS;
  constexpr int kCodes[] = {SI_USER, SI_TKILL, SI_QUEUE, SI_KERNEL, BUS_MCEERR_AR, BUS_MCEERR_AO};
  for (const int code : kCodes) {
    b.code = code;
    add("SIGBUS into the copy, si_code " + std::to_string(code),
        any_of([code](const SignalCase&, const Befalls& each, const Happened& h) {
          return each.deed == Deed::sends && h.in_copy && each.signal == SIGBUS &&
                 each.code == code;
        }),
        with_one(b));
  }
  b.moment = Moment::before;
  b.by_thread = true;
  b.code = SI_TKILL;
  add("a signal by another thread",
      any_of(
          [](const SignalCase&, const Befalls& each, const Happened&) { return each.by_thread; }),
      with_one(b));
}

void SignalClasses::add_deeds() {
  const auto faults = [&](const std::string& name, Moment moment, Place place, bool at_front) {
    Befalls b = interrupting(Deed::faults, place);
    b.moment = moment;
    add(name + ", " + name_of(place),
        any_of([=](const SignalCase& c, const Befalls& each, const Happened& h) {
          return each.deed == Deed::faults && each.moment == moment && each.place == place &&
                 c.at_front == at_front && (moment != Moment::at_step || h.in_copy);
        }),
        [=](SignalCase& c) {
          with_one(b)(c);
          c.at_front = at_front;
        });
  };
  for (const auto& [moment, name] :
       {std::pair(Moment::after, "the host faults after the copy"),
        std::pair(Moment::at_step, "a handler that interrupts the copy faults")}) {
    faults(name, moment, Place::one_before, true);
    faults(name, moment, Place::stop, false);
    faults(name, moment, Place::one_behind, false);
    faults(name, moment, Place::nowhere, false);
  }
  add("another copy interrupts the copy",
      any_of([](const SignalCase&, const Befalls& b, const Happened& h) {
        return b.deed == Deed::copies && h.in_copy;
      }),
      with_one(interrupting(Deed::copies, Place::stop)));
  add(
      "the process dies", [](const SignalCase&, const Observed&, int died) { return died != 0; },
      [](SignalCase& c) {
        plain_case(c);
        c.host.kind = HostAction::Kind::by_default;
        c.befalls = {interrupting(Deed::faults, Place::stop)};
      });
  if (!waits_) return;
  add_waits();
}

void SignalClasses::add_waits() {
  for (const bool by_thread : {false, true}) {
    Befalls b = interrupting(Deed::sends, Place::inside);
    b.moment = Moment::waiting;
    b.by_thread = by_thread;
    add(by_thread ? "a signal by another thread while the copy waits for a page"
                  : "a signal while the copy waits for a page",
        any_of([=](const SignalCase&, const Befalls& each, const Happened& h) {
          return each.deed == Deed::sends && each.moment == Moment::waiting && h.in_copy &&
                 each.by_thread == by_thread;
        }),
        with_one(b));
  }
  // The processor's report of that fault is still there.
  const auto repeats = [&](const char* name, int code, Place place, bool at_front) {
    Befalls b = interrupting(Deed::sends, Place::last_fault);
    b.moment = Moment::waiting;
    b.signal = code == BUS_MCEERR_AO ? SIGBUS : SIGSEGV;
    b.code = code;
    add(name, any_of([=](const SignalCase& c, const Befalls& each, const Happened& h) {
          const bool is_there = place == Place::stop ? h.of_copy : h.beside_copy;
          return h.repeats && h.in_copy && is_there && c.at_front == at_front &&
                 each.signal == b.signal && each.code == code;
        }),
        [=](SignalCase& c) {
          plain_case(c);
          c.at_front = at_front;
          c.befalls = {{.moment = Moment::before, .deed = Deed::faults, .place = place}, b};
        });
  };
  Befalls without_address = interrupting(Deed::sends, Place::nowhere);
  without_address.moment = Moment::waiting;
  without_address.code = SI_KERNEL;
  const std::vector<Befalls> both{
      {.moment = Moment::before, .deed = Deed::faults, .place = Place::nowhere}, without_address};
  add("a lie without an address after such a fault",
      any_of([](const SignalCase& c, const Befalls& each, const Happened& h) {
        const Befalls& first = c.befalls.front();
        return c.befalls.size() == 2 && first.deed == Deed::faults &&
               first.place == Place::nowhere && each.moment == Moment::waiting && h.in_copy &&
               each.code == SI_KERNEL && each.place == Place::nowhere;
      }),
      [both](SignalCase& c) {
        plain_case(c);
        c.befalls = both;
      });
  repeats("a signal with the address of the last fault", SI_QUEUE, Place::stop, false);
  repeats("delayed poison at the address of the last fault", BUS_MCEERR_AO, Place::stop, false);
  repeats(
      "a lie with the address of the last fault, before it", SEGV_ACCERR, Place::one_before, true);
  repeats(
      "a lie with the address of the last fault, behind it", SEGV_ACCERR, Place::one_behind, false);
}

}  // namespace quire::props
