#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "cache/cache.h"

namespace kasane::builder {

/// A local cache that also finds the outcomes that others have told of, without keeping them: what
/// a registry says counts for builds into that registry alone. Borrows the local cache.
class OverlaidCache final : public cache::Cache {
 public:
  explicit OverlaidCache(cache::Cache& local) : local_(local) {}
  /// `outcomes` have no blobs. What is known locally comes first.
  void overlay(const std::map<std::string, std::string>& outcomes);

  std::unique_ptr<cache::BlobWriter> begin_blob() override { return local_.begin_blob(); }
  std::unique_ptr<cache::PartialBlob> resume_blob(std::string_view name) override {
    return local_.resume_blob(name);
  }
  std::unique_ptr<ReadableFile> find_blob(const Digest& digest) override {
    return local_.find_blob(digest);
  }
  std::optional<cache::Outcome> find(const cache::Key& key) override;
  void remember(const cache::Key& key, const cache::Outcome& outcome) override {
    local_.remember(key, outcome);
  }
  cache::Outcome find_or_make(const cache::Key& key,
                              const std::function<cache::Outcome()>& make) override;
  cache::CacheStatus status() override { return local_.status(); }
  cache::TrimResult trim(std::uint64_t limit_bytes) override { return local_.trim(limit_bytes); }
  cache::VerifyResult verify() override { return local_.verify(); }

 private:
  std::optional<cache::Outcome> find_told(const cache::Key& key);

  cache::Cache& local_;
  std::mutex mutex_;
  std::map<std::string, std::string> told_;
};

}  // namespace kasane::builder
