#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kasane::builder {

/// The name of a wheel file (binary distribution format, "File name convention"):
/// `distribution-version(-build)?-python-abi-platform.whl`.
struct WheelName {
  std::string distribution;
  std::string version;
  /// Empty in most wheels.
  std::string build;
  std::vector<std::string> python_tags;
  std::vector<std::string> abi_tags;
  std::vector<std::string> platform_tags;

  /// Anything else is an Error of kind kUsage.
  static WheelName parse(std::string_view file_name);
  /// Whether the tags admit CPython `version` (`3.11`), whatever the platform.
  bool admits_python(std::string_view version) const;
  bool operator==(const WheelName&) const = default;
};

/// A distribution's name in the one form in which names are compared: lower case, `-` for each run
/// of `-`, `_` and `.`.
std::string normalise_distribution_name(std::string_view name);

}  // namespace kasane::builder
