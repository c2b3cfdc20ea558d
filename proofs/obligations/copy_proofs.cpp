// The arithmetic of impl's copy: the bytes that its kernels access, and the pages that fault-in
// visits.
//
// A copy of up to a block is one step; a longer one is a first step and a step for each further
// block. Each step is proven for any one byte. Together they go from byte 0 to byte n.
#include "impl/user_memory/copy/ranges.h"
#include "proofs/models/copy_kernel.h"
#include "proofs/obligations/obligations.h"

#include <cstdint>
#include <map>

namespace quire::proofs {
namespace {

/// One access of a kernel, and a byte of the copy.
template <class W>
struct Access {
  BOOST_HANA_DEFINE_STRUCT(Access,
    (W, vector),  // bytes
    (W, to),      // the target's address
    (W, n),       // bytes to copy
    (W, offset),  // of the access
    (W, size)
  );
};

/// Claims the kernel's contract for each access, and records whether one byte has been stored.
class JudgedAccesses {
 public:
  JudgedAccesses(
      Explorer& e, const KernelShape& shape, const Bits& to, const Bits& n, const Bits& p)
      : e_(e), shape_(shape), to_(to), n_(n), p_(p) {}

  void block() {
    loaded_.clear();
    has_stored_ = false;
  }
  /// All before `at` has been copied.
  void begin_at(const Bits& at) { filled_ = at; }
  void load(std::uint64_t r, const Bits& offset, std::uint64_t size) {
    stays_within(offset, e_.broken("loads a byte too many") ? size + 1 : size);
    const bool late = e_.broken("loads after it has stored");
    e_.claim("Every load of a block comes before its first store.", Truth{!has_stored_ && !late});
    loaded_.insert_or_assign(r, offset);
  }
  void store(std::uint64_t r, const Bits& offset, std::uint64_t size) {
    stays_within(offset, size);
    e_.claim(
        "A store writes what was loaded from its own offset.", loaded_.at(r) == offset,
        record(offset, size));
    e_.claim(
        "A store begins no later than the end of those before it.",
        (e_.broken("leaves a gap between two stores") ? offset + 1 : offset) <= filled_,
        record(offset, size));
    filled_ = spec::max(filled_, offset + size);
    has_stored_ = true;
    stored_ = stored_ || (offset <= p_ && p_ < offset + size);
  }
  void stream(std::uint64_t r, const Bits& offset, std::uint64_t size) {
    const Bits address = to_ + offset + (e_.broken("streams to any address") ? 1 : 0);
    e_.claim(
        "A non-temporal store is at a multiple of a vector.", (address & (shape_.vector - 1)) == 0,
        record(offset, size));
    store(r, offset, size);
  }

  const Truth& stored() const { return stored_; }

 private:
  Access<Bits> record(const Bits& offset, std::uint64_t size) const {
    return {shape_.vector, to_, n_, offset, size};
  }
  void stays_within(const Bits& offset, std::uint64_t size) {
    e_.claim(
        "No access leaves the copy.", offset <= n_ && size <= n_ - offset, record(offset, size));
  }

  Explorer& e_;
  const KernelShape shape_;
  const Bits to_, n_, p_;
  std::map<std::uint64_t, Bits> loaded_;  // by register: from where
  bool has_stored_ = false;               // in this block
  Bits filled_{0};                        // up to here all has been stored
  Truth stored_ = false;
};

/// Bits of a length: no address space holds more.
constexpr unsigned kLengthBits = 48;

/// Any copy by any kernel, and a byte of it.
struct AnyCopy {
  KernelShape shape;
  Bits to, n, p;
  bool streams;
  JudgedAccesses accesses;
  CopyKernel<Bits, JudgedAccesses> kernel;

  explicit AnyCopy(Explorer& e)
      : shape(any_shape(e)),
        to(e.fresh("to", kLengthBits)),
        n(e.fresh("n", kLengthBits)),
        p(e.fresh("p", kLengthBits)),
        streams(static_cast<bool>(e.fresh("streams", 1) != 0)),
        accesses(e, shape, to, n, p),
        kernel(shape, to, n, accesses) {}

  static KernelShape any_shape(Explorer& e) {
    const Bits which = e.fresh("kernel", 2);
    if (which == 0) return kKernelShapes[0];
    return which == 1 ? kKernelShapes[1] : kKernelShapes[2];
  }

  /// Claims that the step has stored [from, next).
  void covers(Explorer& e, const Bits& from, const Bits& next) {
    const Bits end = e.broken("leaves a gap behind it") ? next + 1 : next;
    e.claim(
        "Every byte up to the next block is stored.",
        implies(from <= p && p < end, accesses.stored()));
    e.claim("The next block starts later, and not past the end.", from < next && next <= n);
  }
};

void all_at_once(Explorer& e) {
  AnyCopy copy(e);
  e.assume(
      "A copy in one step is not empty, and fits a block.",
      copy.n != 0 && copy.n <= copy.shape.block);
  copy.kernel.all_at_once();
  copy.covers(e, 0, copy.n);
}

void first_block(Explorer& e) {
  AnyCopy copy(e);
  e.assume("A copy in blocks is longer than a block.", copy.n > copy.shape.block);
  const Bits next = copy.kernel.first_block(copy.streams);
  copy.covers(e, 0, next);
  e.claim(
      "The next block is at a multiple of a vector.",
      next == copy.n || ((copy.to + next) & (copy.shape.vector - 1)) == 0);
}

void next_block(Explorer& e) {
  AnyCopy copy(e);
  const Bits at = e.fresh("at", kLengthBits);
  e.assume("A copy in blocks is longer than a block.", copy.n > copy.shape.block);
  e.assume(
      "Each further block begins before the end, at a multiple of a vector.",
      at < copy.n && ((copy.to + at) & (copy.shape.vector - 1)) == 0);
  copy.accesses.begin_at(at);
  const Bits next = copy.kernel.next_block(at, copy.streams);
  copy.covers(e, at, next);
  e.claim(
      "The next block is at a multiple of a vector.",
      next == copy.n || ((copy.to + next) & (copy.shape.vector - 1)) == 0);
}

/// A step of fault-in: the byte that it reads, and one of those that it then counts as readable.
template <class W>
struct PageStep {
  BOOST_HANA_DEFINE_STRUCT(PageStep,
    (W, address),
    (W, left),   // bytes from there on
    (W, page),   // bytes
    (W, step),   // bytes that count as readable if the first is
    (W, offset)  // of one of them
  );
};

void page_steps(Explorer& e) {
  const Bits page = lsh(Bits{1}, e.fresh("page_order", 5));
  PageStep<Bits> s{e.fresh("address", 63), e.fresh("left", 62), page, 0, e.fresh("offset", 62)};
  e.assume("A step has bytes left to make readable.", s.left != 0);
  s.step = impl::bytes_in_page(s.address, s.left, page);
  if (e.broken("steps by a page from any address")) s.step = spec::min(s.left, page);
  if (e.broken("stays where it is")) s.step = 0;
  e.claim("Each step advances, and not past the end.", s.step != 0 && s.step <= s.left, s);
  e.claim(
      "The bytes that a step counts as readable are in the page of the byte that it read.",
      implies(
          s.offset < s.step,
          spec::round_down(s.address + s.offset, page) == spec::round_down(s.address, page)),
      s);
  e.claim(
      "A step ends where its page does, or with the last byte.",
      s.step == s.left || ((s.address + s.step) & (page - 1)) == 0, s);
}

}  // namespace

std::vector<Obligation> copy_obligations() {
  const char* model = "a model of the assembly, which a test compares with it";
  return {
      {.name = "impl.copy.all_at_once",
       .tag = "IT-5",
       .subject = "impl",
       .says = "A copy of up to a block loads all of it, then stores it, and no other byte.",
       .bound = model,
       .body = all_at_once},
      {.name = "impl.copy.first_block",
       .tag = "IT-5",
       .subject = "impl",
       .says =
           "The first step of a long copy stores its head and its first block, and no other byte.",
       .bound = model,
       .body = first_block},
      {.name = "impl.copy.next_block",
       .tag = "IT-5, O6",
       .subject = "impl",
       .says = "Each further block of a long copy starts where the one before it ended.",
       .bound = model,
       .body = next_block},
      {.name = "impl.copy.page_steps",
       .tag = "IT-4, O6",
       .subject = "impl",
       .says = "Fault-in reads one byte of each page.",
       .body = page_steps},
  };
}

}  // namespace quire::proofs
