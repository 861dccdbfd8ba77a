#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "builder/shared/cache_record.h"
#include "cache/cache.h"
#include "registry/remote/registries.h"

namespace kasane::builder {

/// The records that builds have left in a registry, in the repository `kasane/cache`: one artifact
/// for a platform and a prefix, which lists them newest first. All that is in it is hints: a lost
/// one costs a build, and nothing is taken for there that the registry does not confirm. Errors of
/// the kinds kNetwork, kRefused and kIntegrity say that it cannot be used. Not thread-safe. Borrows
/// the registries.
class SharedCache {
 public:
  static constexpr const char* kRepository = "kasane/cache";

  SharedCache(const registry::Registries& registries, const std::string& host,
              const std::string& platform, const std::string& prefix);

  /// What a record can be found by: a package's digest, a layer's key.
  static std::string topic(const Digest& package);
  static std::string topic(const cache::Key& layer);

  /// Fetches the few records that tell of most of these topics; each is fetched once. What is
  /// listed is asked for once.
  std::vector<CacheRecord> fetch(const std::set<std::string>& topics);
  /// Puts a record in front of the others. One of another build that comes in at the same time may
  /// be lost.
  void add(const CacheRecord& record, const std::set<std::string>& topics);

 private:
  void read_list();

  const registry::Registries& registries_;
  registry::RegistryReference name_;
  std::optional<std::chrono::steady_clock::time_point> read_at_;
  std::vector<registry::Descriptor> list_;
  bool exists_ = false;
  std::set<Digest> fetched_;
};

}  // namespace kasane::builder
