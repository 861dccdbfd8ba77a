#pragma once

#include <compare>
#include <string>
#include <string_view>

namespace kasane::registry {

/// What an image runs on, in the words of OCI: `linux`, `amd64`, and sometimes a variant (`v8`).
struct Platform {
  std::string os;
  std::string architecture;
  std::string variant;

  /// Reads `linux/amd64` or `linux/arm64/v8`; `x86_64` and `aarch64` become OCI's names. An Error
  /// of kind kUsage otherwise.
  static Platform parse(std::string_view text);
  std::string render() const;
  auto operator<=>(const Platform&) const = default;
};

/// How well an image for `offered` runs where `wanted` is asked for: 0 not at all; the more the
/// better. Without a wanted variant, a machine of the plain architecture must be able to run it:
/// amd64/v3 is no match for amd64.
int match(const Platform& wanted, const Platform& offered);

}  // namespace kasane::registry
