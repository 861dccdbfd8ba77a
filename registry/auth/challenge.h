#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/http.h"

namespace kasane::registry {

/// One way in that a server offers (RFC 9110, section 11.6.1). A value.
struct Challenge {
  /// In lower case: `basic`, `bearer`.
  std::string scheme;
  /// Names in lower case, values without quotes and escapes, in their order.
  std::vector<std::pair<std::string, std::string>> parameters;

  std::optional<std::string_view> find(std::string_view name) const;
  bool operator==(const Challenge&) const = default;
};

/// All challenges of one `WWW-Authenticate` field. What cannot be read ends the list there: the
/// challenges before it are good.
std::vector<Challenge> parse_challenges(std::string_view field);

/// Those of all `WWW-Authenticate` fields, in order.
std::vector<Challenge> read_challenges(const HttpHeaders& headers);

}  // namespace kasane::registry
