#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"

namespace kasane::builder {

/// What one build learnt and others may use: outcomes of work that have no bytes of their own, by
/// the keys that they have in a local cache, and which blobs a repository holds. A value.
/// Format: docs/formats/registries.md.
struct CacheRecord {
  struct Blob {
    Digest digest;
    std::uint64_t size_bytes = 0;
    bool operator==(const Blob&) const = default;
  };

  /// Where the blobs are, in the registry that holds the record.
  std::string repository;
  std::map<std::string, std::string> outcomes;
  std::vector<Blob> blobs;

  /// zstd over JSON, the same bytes for the same value: parse(render(x)) == x.
  std::string render() const;
  /// An Error of kind kIntegrity for anything else.
  static CacheRecord parse(std::string_view bytes);
  bool operator==(const CacheRecord&) const = default;
};

}  // namespace kasane::builder
