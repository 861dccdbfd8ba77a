#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "resolver/pypi/wheel_name.h"

namespace kasane::resolver::pypi {

/// What a wheel is for (PEP 425): `cp311-cp311-manylinux_2_17_x86_64`.
struct WheelTag {
  std::string python;
  std::string abi;
  std::string platform;
  std::string render() const { return python + "-" + abi + "-" + platform; }
  bool operator==(const WheelTag&) const = default;
};

/// The C library of a target, by the version that it has there.
struct TargetLibc {
  enum class Kind { kNone, kGlibc, kMusl };
  Kind kind = Kind::kNone;
  int major = 0;
  int minor = 0;
};

/// For what wheels are chosen, whatever machine chooses them.
struct WheelTarget {
  /// `cp` for CPython, `pp` for PyPy.
  std::string implementation = "cp";
  int python_major = 3;
  int python_minor = 0;
  /// CPython without the global lock (PEP 703).
  bool free_threaded = false;
  /// `pypy310_pp73`; not needed for CPython.
  std::string abi = {};
  /// As in platform tags: `x86_64`, `aarch64`.
  std::string machine = "x86_64";
  TargetLibc libc = {};
};

/// Platform tags of a Linux target, best first: the machine's own, then manylinux (PEP 600, with
/// the names of PEPs 513, 571 and 599) or musllinux (PEP 656), newest first.
std::vector<std::string> platform_tags(const WheelTarget& target);

/// All tags that a target takes, best first.
std::vector<WheelTag> supported_tags(const WheelTarget& target);

/// Tells how well wheels fit a target. Immutable, so any thread may ask.
class TagRanks {
 public:
  explicit TagRanks(const WheelTarget& target);
  /// The place of the wheel's best tag among those of the target, 0 is best; nothing when the
  /// target cannot take the wheel.
  std::optional<std::uint32_t> find(const WheelName& wheel) const;

 private:
  std::unordered_map<std::string, std::uint32_t> ranks_;
};

}  // namespace kasane::resolver::pypi
