#pragma once

#include <mutex>
#include <optional>
#include <string_view>

#include "base/netrc.h"
#include "cli/surroundings.h"

namespace kasane::cli {

/// Users and passwords for channels and packages, where URLs hold none: `$NETRC`, or else
/// `~/.netrc`. Read when a host is first asked for; thread-safe. Borrows the surroundings.
class NetrcFile {
 public:
  explicit NetrcFile(Surroundings& surroundings) : surroundings_(surroundings) {}

  /// Nothing when there is no such file either. One that cannot be read is an Error.
  std::optional<UserInfo> find(std::string_view host);

 private:
  Netrc read() const;

  Surroundings& surroundings_;
  std::once_flag once_;
  Netrc netrc_;
};

}  // namespace kasane::cli
