#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kasane::resolver {

/// A pip requirement taken apart as far as its form goes (PEP 508, and pip's own URLs and paths).
/// Versions and markers are not looked into.
struct PipRequirementText {
  /// Empty for a URL or a path alone.
  std::string name;
  std::vector<std::string> extras;
  /// `>=1.0`, without space.
  std::vector<std::string> specifiers;
  /// Of `NAME @ URL`; or the URL or path alone, as it stands with all that follows.
  std::string location;
  std::string marker;

  /// Errors are of kind kFailed; their place has no file, line 1, and the column in `text`.
  static PipRequirementText parse(std::string_view text);
  /// One text for all that mean the same by their form: names as of PEP 503, extras and specifiers
  /// sorted, markers without needless space.
  std::string render_canonical() const;
};

/// Whether pip takes the text for a URL or a path, not for a name.
bool is_pip_location(std::string_view text);

}  // namespace kasane::resolver
