#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kasane::resolver::pypi {

/// The headers of a METADATA, PKG-INFO or WHEEL file (core metadata, RFC 822 style), up to the
/// first blank line. Names are compared without regard to case.
class MetadataHeaders {
 public:
  /// `what` names the file in errors, which are of kind kIntegrity.
  static MetadataHeaders parse(std::string_view text, std::string_view what);
  /// As Python's own reader takes them: headers end at the first line that is none, and bytes that
  /// are no UTF-8 become U+FFFD. Never fails.
  static MetadataHeaders parse_leniently(std::string_view text, std::string_view what);

  /// The only value of a header that must be there once.
  const std::string& one(std::string_view name) const;
  /// Its first value that is not empty.
  std::optional<std::string> find(std::string_view name) const;
  std::vector<std::string> all(std::string_view name) const;

 private:
  struct Header {
    std::string name;
    std::string value;
  };

  void add_line(std::string_view line, std::size_t colon);

  std::string what_;
  std::vector<Header> headers_;
};

}  // namespace kasane::resolver::pypi
