#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <string>

#include "tests/support/strict_registry.h"

namespace kasane::testing {

/// Stands in for Azure Container Registry: tokens by way of `/oauth2/exchange`, blobs from a second
/// host, permissions for each repository, so many writes a minute, soft delete. The strict registry
/// underneath keeps to the letter of the specification.
class AzureRegistry {
 public:
  struct Options {
    /// Of the last minute, on the test's clock; more are answered 429.
    std::size_t writes_a_minute = 100;
    bool soft_delete = false;
    StrictRegistry::Options registry = {.auth = StrictRegistry::Auth::kAzure,
                                        .redirects_blobs = true};
  };
  /// A clock that pauses of the client move on.
  using Now = std::function<std::chrono::steady_clock::time_point()>;

  AzureRegistry(Options options, Now now);
  StrictRegistry& registry() { return registry_; }
  std::string host() const { return registry_.host(); }
  std::size_t refused_writes() const;

 private:
  HttpReply pass(const HttpCall& call, const std::function<HttpReply()>& serve);
  bool is_over_limit(const HttpCall& call);

  Options options_;
  Now now_;
  mutable std::mutex mutex_;
  std::deque<std::chrono::steady_clock::time_point> writes_;
  std::size_t refused_writes_ = 0;
  /// Manifests that were deleted, by repository and digest.
  std::set<std::string> deleted_;
  StrictRegistry registry_;
};

}  // namespace kasane::testing
