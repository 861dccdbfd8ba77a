#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/secret.h"

namespace kasane::registry {

/// Nobody in particular: what is public can still be read.
struct Anonymous {
  bool operator==(const Anonymous&) const = default;
};

struct Password {
  std::string user;
  Secret password;
  bool operator==(const Password&) const = default;
};

/// An OAuth 2 refresh token, as `docker login` keeps it in `identitytoken`.
struct IdentityToken {
  Secret token;
  bool operator==(const IdentityToken&) const = default;
};

/// A token of Microsoft Entra, which Azure Container Registry exchanges for one of its own.
struct AzureToken {
  Secret token;
  std::optional<std::string> tenant;
  bool operator==(const AzureToken&) const = default;
};

using Credential = std::variant<Anonymous, Password, IdentityToken, AzureToken>;

/// Says who we are at a registry (`host[:port]`) for one of its repositories. Asked whenever a new
/// token is needed, from several threads, one at a time.
using CredentialSource =
    std::function<Credential(const std::string& host, const std::string& repository)>;

}  // namespace kasane::registry
