#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "base/digest.h"

namespace kasane::registry {

/// The name of an image in a registry: `host[:port]/repository[:tag][@digest]`. Docker's short
/// names are written out: `debian` is `docker.io/library/debian`. A value; always valid.
class RegistryReference {
 public:
  /// An Error of kind kUsage says what is wrong, with a hint.
  static RegistryReference parse(std::string_view text);

  /// Lower case, with the port: `registry.example:5000`, `[::1]:5000`, `docker.io`.
  const std::string& host() const { return host_; }
  const std::string& repository() const { return repository_; }
  const std::optional<std::string>& tag() const { return tag_; }
  const std::optional<Digest>& digest() const { return digest_; }
  /// The host is this machine: `localhost`, `127.0.0.0/8` or `[::1]`.
  bool is_loopback() const;
  /// The same with a tag in place of tag and digest.
  RegistryReference with_tag(std::string_view tag) const;
  RegistryReference with_digest(const Digest& digest) const;
  /// The full name: parse(render()) is the same value.
  std::string render() const;
  auto operator<=>(const RegistryReference&) const = default;

 private:
  RegistryReference() = default;
  std::string host_;
  std::string repository_;
  std::optional<std::string> tag_;
  std::optional<Digest> digest_;
};

}  // namespace kasane::registry
