#pragma once

#include <cstdint>

namespace kasane::resolver::solver {

/// A 32-bit number of one kind of thing. Ids of different kinds cannot be mixed. Ids only name
/// things: their order never decides anything that a caller can see.
template <class Tag>
class Id {
 public:
  constexpr Id() = default;
  constexpr explicit Id(std::uint32_t value) : value_(value) {}
  static constexpr Id none() { return Id(UINT32_MAX); }

  constexpr std::uint32_t value() const { return value_; }
  constexpr explicit operator bool() const { return value_ != UINT32_MAX; }
  constexpr bool operator==(const Id&) const = default;
  friend constexpr bool operator<(Id a, Id b) { return a.value_ < b.value_; }

 private:
  std::uint32_t value_ = UINT32_MAX;
};

/// A name of which at most one candidate is chosen.
using PackageId = Id<struct PackageTag>;
/// One way to provide a package: a version, a build, a file.
using CandidateId = Id<struct CandidateTag>;
/// A set of candidates of one package, as somebody wrote it down (`numpy >=1.26`).
using VersionSetId = Id<struct VersionSetTag>;

}  // namespace kasane::resolver::solver
