#include "resolver/pypi/tags.h"

#include <algorithm>

#include <fmt/format.h>

namespace kasane::resolver::pypi {
namespace {

/// The last minor version of glibc 2, for targets with a glibc 3. There is none as yet.
constexpr int kLastGlibc2 = 50;

std::string join(std::string_view a, std::string_view b, std::string_view c) {
  std::string out;
  out.reserve(a.size() + b.size() + c.size() + 2);
  return out.append(a).append("-").append(b).append("-").append(c);
}

void add_manylinux(const WheelTarget& target, std::vector<std::string>& out) {
  const bool is_intel = target.machine == "x86_64" || target.machine == "i686";
  // PEP 599 begins with 2.17; only Intel's machines have the older ones.
  const int oldest = is_intel ? 5 : 17;
  for (int major = target.libc.major; major >= 2; --major) {
    const int newest = major == target.libc.major ? target.libc.minor : kLastGlibc2;
    for (int minor = newest; minor >= (major == 2 ? oldest : 0); --minor) {
      out.push_back(fmt::format("manylinux_{}_{}_{}", major, minor, target.machine));
      if (major != 2) continue;
      if (minor == 17) out.push_back("manylinux2014_" + target.machine);
      if (minor == 12) out.push_back("manylinux2010_" + target.machine);
      if (minor == 5) out.push_back("manylinux1_" + target.machine);
    }
  }
}

/// `py311`, `py3`, `py310`, … `py30`.
std::vector<std::string> generic_pythons(const WheelTarget& target) {
  std::vector<std::string> out = {fmt::format("py{}{}", target.python_major, target.python_minor),
                                  fmt::format("py{}", target.python_major)};
  for (int minor = target.python_minor - 1; minor >= 0; --minor) {
    out.push_back(fmt::format("py{}{}", target.python_major, minor));
  }
  return out;
}

void add_cpython_tags(const WheelTarget& target, const std::vector<std::string>& platforms,
                      std::vector<WheelTag>& out) {
  const bool has_stable_abi = target.python_major > 3 || target.python_minor >= 2;
  const std::string python = fmt::format("cp{}{}", target.python_major, target.python_minor);
  const std::string stable = target.free_threaded ? "abi3t" : "abi3";
  const bool has_pymalloc = target.python_major == 3 && target.python_minor < 8;
  const std::string abi = python + (target.free_threaded ? "t" : has_pymalloc ? "m" : "");
  for (const std::string& platform : platforms) out.push_back({python, abi, platform});
  if (has_stable_abi) {
    for (const std::string& platform : platforms) out.push_back({python, stable, platform});
  }
  for (const std::string& platform : platforms) out.push_back({python, "none", platform});
  if (!has_stable_abi) return;
  for (int minor = target.python_minor - 1; minor >= 2; --minor) {
    for (const std::string& platform : platforms) {
      out.push_back({fmt::format("cp{}{}", target.python_major, minor), stable, platform});
    }
  }
}

}  // namespace

std::vector<std::string> platform_tags(const WheelTarget& target) {
  std::vector<std::string> out = {"linux_" + target.machine};
  if (target.libc.kind == TargetLibc::Kind::kGlibc) add_manylinux(target, out);
  if (target.libc.kind == TargetLibc::Kind::kMusl) {
    for (int minor = target.libc.minor; minor >= 0; --minor) {
      out.push_back(fmt::format("musllinux_{}_{}_{}", target.libc.major, minor, target.machine));
    }
  }
  return out;
}

std::vector<WheelTag> supported_tags(const WheelTarget& target) {
  std::vector<WheelTag> out;
  const std::vector<std::string> platforms = platform_tags(target);
  const std::string own =
      fmt::format("{}{}{}", target.implementation, target.python_major, target.python_minor);
  if (target.implementation == "cp") {
    add_cpython_tags(target, platforms, out);
  } else {
    for (const std::string& abi : {target.abi, std::string("none")}) {
      if (abi.empty()) continue;
      for (const std::string& platform : platforms) out.push_back({own, abi, platform});
    }
  }
  const std::vector<std::string> pythons = generic_pythons(target);
  for (const std::string& python : pythons) {
    for (const std::string& platform : platforms) out.push_back({python, "none", platform});
  }
  if (target.implementation == "cp") out.push_back({own, "none", "any"});
  if (target.implementation == "pp") {
    out.push_back({fmt::format("pp{}", target.python_major), "none", "any"});
  }
  for (const std::string& python : pythons) out.push_back({python, "none", "any"});
  return out;
}

TagRanks::TagRanks(const WheelTarget& target) {
  std::uint32_t rank = 0;
  for (const WheelTag& tag : supported_tags(target)) ranks_.emplace(tag.render(), rank++);
}

std::optional<std::uint32_t> TagRanks::find(const WheelName& wheel) const {
  std::optional<std::uint32_t> best;
  for (const std::string& python : wheel.python_tags) {
    for (const std::string& abi : wheel.abi_tags) {
      for (const std::string& platform : wheel.platform_tags) {
        const auto found = ranks_.find(join(python, abi, platform));
        if (found != ranks_.end() && (!best || found->second < *best)) best = found->second;
      }
    }
  }
  return best;
}

}  // namespace kasane::resolver::pypi
