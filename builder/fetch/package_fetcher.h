#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/digest.h"
#include "base/http.h"
#include "base/retry.h"
#include "cache/cache.h"
#include "resolver/lock/lock.h"

namespace kasane::builder {

struct FetchOptions {
  /// How many downloads run at once.
  unsigned parallel = 8;
  /// How often one is begun or taken up again, without getting much further, before its error
  /// counts.
  RetryOptions retry = {.first_pause = std::chrono::milliseconds(500),
                        .longest_pause = std::chrono::seconds(60)};
  /// Take nothing but what the cache holds.
  bool offline = false;
  /// No package may be larger.
  std::uint64_t largest_package_bytes = std::uint64_t{64} << 30;
  /// What a package's URL needs besides itself; nullptr when nothing. May be left unset.
  std::function<const resolver::UrlCredentials*(std::string_view url)> find_credentials = nullptr;
  /// Where to ask for a package's URL instead, with all that this needs; nothing to ask for it
  /// itself. Called from several threads; may be left unset.
  std::function<std::optional<std::string>(std::string_view url)> find_mirror = nullptr;
  /// User and password for a host, where a package's URL needs none of its own: what netrc says.
  /// Called from several threads; may be left unset.
  std::function<std::optional<UserInfo>(std::string_view host)> find_user = nullptr;
};

struct FetchedPackage {
  Digest sha256;
  std::uint64_t size_bytes = 0;
  bool from_cache = false;
  bool operator==(const FetchedPackage&) const = default;
};

/// How far one package is. `received_bytes` is of this run alone, and only grows.
struct FetchProgress {
  /// Its place in what is fetched.
  std::size_t index = 0;
  std::uint64_t received_bytes = 0;
  bool done = false;
  bool from_cache = false;
};

/// Brings packages into the cache: from http, https and `file:` URLs, and absolute paths. Each is
/// checked against its sha256, or where the lock has none its md5, before anything can see it. Of
/// all processes that want the same package at the same time one fetches it; what a broken one left
/// is taken up again. Thread-safe.
class PackageFetcher {
 public:
  /// Both are borrowed.
  PackageFetcher(HttpClient& http, cache::Cache& cache, FetchOptions options);

  /// The packages in their order. They stay in the cache as long as the Cache object lives. The
  /// error that is thrown is that of the first package, in their order, that has one. `progress`,
  /// when set, is called from one thread at a time.
  std::vector<FetchedPackage> fetch(std::span<const resolver::LockedPackage> packages,
                                    const std::function<void(const FetchProgress&)>& progress = {});

 private:
  class Round;

  HttpClient& http_;
  cache::Cache& cache_;
  const FetchOptions options_;
};

}  // namespace kasane::builder
