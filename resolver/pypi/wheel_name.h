#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "resolver/pypi/python_version.h"

namespace kasane::resolver::pypi {

/// The name of a wheel file (binary distribution format, "File name convention"):
/// `distribution-version(-build)?-python-abi-platform.whl`.
struct WheelName {
  std::string distribution;
  /// As it was written; always a version.
  std::string version;
  /// Empty in most wheels; begins with a digit.
  std::string build;
  std::vector<std::string> python_tags;
  std::vector<std::string> abi_tags;
  std::vector<std::string> platform_tags;

  /// Anything else is an Error of kind kUsage.
  static WheelName parse(std::string_view file_name);
  static std::optional<WheelName> find(std::string_view file_name);

  PythonVersion python_version() const { return PythonVersion::parse(version); }
  /// Which of two builds of one version is the later one: by number, then by what follows it.
  std::strong_ordering compare_builds(const WheelName& other) const;
  /// Whether the tags admit CPython `version` (`3.11`), whatever the platform.
  bool admits_python(std::string_view version) const;
  bool operator==(const WheelName&) const = default;
};

}  // namespace kasane::resolver::pypi
