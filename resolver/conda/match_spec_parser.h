#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "resolver/conda/match_spec.h"

namespace kasane::resolver {

/// Takes one text apart into a MatchSpec. All views are parts of that text, so that errors can
/// point.
class MatchSpecParser {
 public:
  explicit MatchSpecParser(std::string_view text) : text_(text) {}
  MatchSpec parse();

 private:
  using Part = std::string_view;

  void parse_package_file(Part text);
  void parse_channel(Part text);
  /// Returns the subdir that the channel ends in.
  std::optional<std::string> set_channel(std::string_view text, Part place,
                                         std::string_view expected);
  Part take_brackets(Part text);
  void parse_brackets(Part inside);
  Part take_value(Part& rest, std::string& unescaped) const;
  void set_field(Part key, const std::string& value, Part place);
  StringPattern parse_build(std::string_view build, Part place) const;
  void set_subdir(std::string_view subdir, Part place);
  void parse_name(Part text);
  void parse_version_and_build(Part text);
  void set_version(Part version, bool fuzzy);

  Error error_at(Part part, std::string what) const;
  /// `body` with the place of an Error that leaves it moved to where `part` is in the text.
  template <class Body>
  auto inside(Part part, Body&& body) const;

  Part text_;
  MatchSpec out_;
};

}  // namespace kasane::resolver
