#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kasane::builder {

/// The headers of a METADATA or WHEEL file (core metadata, RFC 822 style), up to the first blank
/// line. Names are compared without regard to case.
class WheelHeaders {
 public:
  /// `what` names the file in errors, which are of kind kIntegrity.
  static WheelHeaders parse(std::string_view text, std::string_view what);

  /// The only value of a header that must be there once.
  const std::string& one(std::string_view name) const;
  std::vector<std::string> all(std::string_view name) const;

 private:
  struct Header {
    std::string name;
    std::string value;
  };

  std::string what_;
  std::vector<Header> headers_;
};

}  // namespace kasane::builder
