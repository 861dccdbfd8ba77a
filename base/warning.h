#pragma once

#include <string>
#include <vector>

namespace kasane {

/// Something that a person should know and that did not stop the work. `code` is stable
/// (`link-script`, `clobber`); scripts may branch on it.
struct Warning {
  std::string code;
  std::string message;
  bool operator==(const Warning&) const = default;
};

using Warnings = std::vector<Warning>;

}  // namespace kasane
