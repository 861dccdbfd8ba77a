#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/digest.h"

namespace kasane::registry {

/// Manifests and configurations that were fetched before, by their digests, so that they need not
/// be fetched again. What find() gives is held against the digest by who asks. Thread-safe.
class DocumentStore {
 public:
  virtual ~DocumentStore() = default;
  virtual std::optional<std::string> find(const Digest& digest) = 0;
  virtual void keep(std::string_view text) = 0;
};

}  // namespace kasane::registry
