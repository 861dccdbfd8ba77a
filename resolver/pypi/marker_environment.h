#pragma once

#include <set>
#include <string>

namespace kasane::resolver::pypi {

/// What environment markers are held against (PEP 508, "Environment Markers"): the target, not the
/// machine that resolves.
struct MarkerEnvironment {
  std::string os_name = "posix";
  std::string sys_platform = "linux";
  std::string platform_machine = "x86_64";
  std::string platform_python_implementation = "CPython";
  std::string platform_release;
  std::string platform_system = "Linux";
  std::string platform_version;
  std::string python_version;
  std::string python_full_version;
  std::string implementation_name = "cpython";
  std::string implementation_version;
  /// For `"x" in extras` and `"x" in dependency_groups` of lock files (PEP 751).
  std::set<std::string> extras = {};
  std::set<std::string> dependency_groups = {};

  /// CPython `full_version` (`3.11.4`) on Linux.
  static MarkerEnvironment cpython(std::string full_version, std::string machine = "x86_64");
};

}  // namespace kasane::resolver::pypi
