// Quota records: how many blocks an owner may use, and does.
#pragma once

#include "ref/linux/xfs/quota_counts.h"
#include "ref/require.h"
#include "spec/linux/prealloc.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>

namespace quire::ref::xfs {

enum class QuotaType : std::uint8_t { user, group, project };

/// Counts and limits are blocks; a limit of 0 is none. A soft limit only throttles preallocation:
/// its grace period of days never ends here.
class Dquot {
 public:
  Dquot(QuotaType type, std::uint32_t id) : type_(type), id_(id) {}

  QuotaType type() const { return type_; }
  /// The key of its lock: users before groups before projects, then by id.
  std::uint64_t key() const { return (static_cast<std::uint64_t>(type_) << 32) | id_; }

  std::uint64_t used() const { return counts_.used; }
  /// Used, or promised.
  std::uint64_t reserved() const { return counts_.reserved; }

  /// Requires soft <= hard, or hard == 0.
  void set_limits(std::uint64_t soft, std::uint64_t hard) {
    soft_ = soft;
    hard_ = hard;
  }

  /// How many blocks more fit below the hard limit; 2^64 - 1 without one.
  std::uint64_t room() const { return quota_room(counts_, hard_); }

  /// Promises `n` blocks. 0; or -EDQUOT if `enforced` and the hard limit would be exceeded.
  int reserve(std::uint64_t n, bool enforced) {
    return static_cast<int>(promise_quota(counts_, hard_, n, enforced));
  }

  /// Releases `n` promises. Requires that as many are open.
  void unreserve(std::uint64_t n) {
    require(n <= counts_.reserved - counts_.used, "more quota is given back than was promised");
    take_back_quota(counts_, n);
  }

  /// `n` promised blocks are used from now on, or `n` used ones no longer.
  void use(std::uint64_t n) {
    require(n <= counts_.reserved - counts_.used, "more quota is used than was promised");
    use_quota(counts_, n);
  }
  void release(std::uint64_t n) {
    require(n <= counts_.used, "more quota is freed than was used");
    release_quota(counts_, n);
  }

  /// Whether less than a hundredth of the hard limit is left (XFB-5).
  bool is_nearly_full() const { return hard_ != 0 && room() < hard_ / 100; }

  /// The limits and counts for the size of a preallocation (5.2).
  spec::QuotaSpace<std::uint64_t> space(bool enforced) const {
    const std::uint64_t hundredth = hard_ / 100;
    return {enforced,      counts_.reserved, soft_ != 0 ? soft_ : hundredth * 95, hard_, hundredth,
            hundredth * 3, hundredth * 5};
  }

 private:
  QuotaType type_;
  std::uint32_t id_;
  std::uint64_t soft_ = 0;
  std::uint64_t hard_ = 0;
  QuotaCounts<std::uint64_t> counts_{};
};

/// All quota records of a mount, made when they are first asked for.
class QuotaTable {
 public:
  /// Whether limits of a type are kept. Counts are kept of all.
  std::array<bool, kQuotaTypes> enforced{};

  bool enforces(QuotaType type) const { return enforced[static_cast<std::size_t>(type)]; }

  Dquot& find(QuotaType type, std::uint32_t id) {
    return records_.try_emplace({type, id}, type, id).first->second;
  }

  const std::map<std::pair<QuotaType, std::uint32_t>, Dquot>& records() const { return records_; }

 private:
  std::map<std::pair<QuotaType, std::uint32_t>, Dquot> records_;
};

}  // namespace quire::ref::xfs
