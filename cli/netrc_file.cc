#include "cli/netrc_file.h"

#include "base/error.h"

namespace kasane::cli {
namespace {

constexpr std::size_t kLargestNetrc = std::size_t{1} << 20;

}  // namespace

std::optional<UserInfo> NetrcFile::find(std::string_view host) {
  std::call_once(once_, [this] { netrc_ = read(); });
  return netrc_.find(host);
}

Netrc NetrcFile::read() const {
  Path path;
  if (const auto named = surroundings_.find_variable("NETRC")) {
    path = *named;
  } else if (const auto home = surroundings_.find_variable("HOME")) {
    path = Path(*home) / ".netrc";
  }
  if (path.empty() || !surroundings_.files().find_status(path)) return {};
  return in_context(
      [] { return "while looking for credentials of a server"; },
      [&] { return Netrc::parse(surroundings_.files().read_text(path, kLargestNetrc)); });
}

}  // namespace kasane::cli
