#include "registry/platform.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "base/error.h"

namespace kasane::registry {
namespace {

std::string canonical_architecture(std::string_view name) {
  if (name == "x86_64" || name == "x86-64") return "amd64";
  if (name == "aarch64") return "arm64";
  return std::string(name);
}

/// The variant that the architecture alone stands for.
std::string_view plain_variant(std::string_view architecture) {
  if (architecture == "arm64") return "v8";
  if (architecture == "amd64") return "v1";
  return "";
}

std::string_view full_variant(const Platform& platform, std::string_view architecture) {
  return platform.variant.empty() ? plain_variant(architecture) : platform.variant;
}

bool is_word(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
  });
}

}  // namespace

Platform Platform::parse(std::string_view text) {
  std::vector<std::string_view> parts;
  for (std::string_view rest = text;;) {
    const std::size_t slash = rest.find('/');
    parts.push_back(rest.substr(0, slash));
    if (slash == std::string_view::npos) break;
    rest.remove_prefix(slash + 1);
  }
  if (parts.size() < 2 || parts.size() > 3 || !std::all_of(parts.begin(), parts.end(), is_word)) {
    throw Error(ErrorKind::kUsage,
                fmt::format("expected a platform like `linux/amd64` or `linux/arm64/v8`, got `{}`",
                            text.substr(0, 100)));
  }
  return {std::string(parts[0]), canonical_architecture(parts[1]),
          parts.size() == 3 ? std::string(parts[2]) : std::string()};
}

std::string Platform::render() const {
  return variant.empty() ? fmt::format("{}/{}", os, architecture)
                         : fmt::format("{}/{}/{}", os, architecture, variant);
}

int match(const Platform& wanted, const Platform& offered) {
  const std::string architecture = canonical_architecture(wanted.architecture);
  if (wanted.os != offered.os || architecture != canonical_architecture(offered.architecture)) {
    return 0;
  }
  if (wanted.variant == offered.variant) return 3;
  const std::string_view asked = full_variant(wanted, architecture);
  const std::string_view had = full_variant(offered, architecture);
  if (asked == had) return 2;
  // A machine of variant v3 runs what was built for the plain architecture.
  return had == plain_variant(architecture) ? 1 : 0;
}

}  // namespace kasane::registry
