#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/http.h"
#include "base/retry.h"
#include "base/secret.h"
#include "base/url.h"
#include "registry/auth/challenge.h"
#include "registry/auth/credential.h"
#include "registry/auth/scope.h"

namespace kasane::registry {

/// What is to be done, and where.
struct Access {
  /// Any URL of the registry.
  Url registry;
  /// The registry as credentials call it: `docker.io`, `registry.example:5000`.
  std::string host;
  std::string repository;
  Scope scope;
};

/// Finds the value of the `Authorization` header that a registry wants: Basic, or a Bearer token
/// that it fetches where the registry says, and keeps by realm, service and scope until shortly
/// before it ends. Credentials go to realms on https or on this machine only; tokens of Entra only
/// to the registry itself. Thread-safe. Borrows the client.
class Authenticator {
 public:
  struct Options {
    RetryOptions retry;
    /// A clock that never goes back.
    std::function<std::chrono::steady_clock::time_point()> now;
    /// Registries (`host[:port]`) that people let be reached over plain HTTP.
    std::vector<std::string> insecure_hosts = {};
  };

  Authenticator(HttpClient& http, CredentialSource credentials, Options options);

  /// What is known to be wanted by now; may fetch a token. Nothing before the first challenge.
  std::optional<Secret> find_authorization(const Access& access);
  /// After the answer 401 to a request with `refused`: what to try in its place. Nothing when there
  /// is no other way in.
  std::optional<Secret> answer(const Access& access, const HttpResponse& refusal,
                               const std::optional<Secret>& refused);

 private:
  struct Realm {
    std::string url;
    std::string service;
    bool operator==(const Realm&) const = default;
  };
  /// How a registry lets people in.
  struct Way {
    /// Absent: Basic.
    std::optional<Realm> realm;
    /// What its challenges asked for beyond what we knew, by our own scope.
    std::map<Scope, Scope> scopes;
  };
  struct Token {
    Secret value;
    std::chrono::steady_clock::time_point end;
  };
  using TokenKey = std::tuple<std::string, std::string, std::string, Scope>;

  std::optional<Secret> basic(const Access& access);
  Secret bearer(const Access& access, const Realm& realm, const Scope& scope);
  Token fetch_token(const Access& access, const Realm& realm, const Scope& scope);
  Token fetch_azure_token(const Access& access, const Url& realm, const Realm& asked,
                          const Scope& scope, const AzureToken& credential);
  Secret exchange(const Access& access, const Url& realm, const Realm& asked,
                  const AzureToken& credential);
  void check_realm(const Access& access, const Url& realm) const;
  /// The answer's body; its status when that is no success.
  std::pair<int, std::string> request(const HttpRequest& request);
  std::string require_answer(const HttpRequest& request, const Access& access);
  Token read_token(const std::string& text) const;

  HttpClient& http_;
  CredentialSource credentials_;
  Options options_;
  std::mutex mutex_;
  std::map<std::string, Way> ways_;
  std::map<std::string, Secret> basics_;
  std::map<TokenKey, Token> tokens_;
  /// Of Azure, by registry.
  std::map<std::string, Secret> refresh_tokens_;
};

/// The host is this machine: `localhost`, `127.0.0.0/8` or `[::1]`.
bool is_loopback(const Url& url);

}  // namespace kasane::registry
