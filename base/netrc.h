#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/url.h"

namespace kasane {

/// Users and passwords by host, as `~/.netrc` has them. Its text is handed in.
class Netrc {
 public:
  Netrc() = default;
  /// What cannot be understood is passed over, up to the next `machine` or `default`.
  static Netrc parse(std::string_view text);
  /// The first entry of that host, else the default one.
  std::optional<UserInfo> find(std::string_view host) const;

 private:
  struct Entry {
    /// Empty for the default.
    std::string host;
    UserInfo user;
  };
  std::vector<Entry> entries_;
};

}  // namespace kasane
