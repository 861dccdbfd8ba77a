#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/digest.h"

namespace kasane::registry {

/// A reference to bytes (OCI image-spec descriptor.md).
struct Descriptor {
  std::string media_type;
  Digest digest;
  std::uint64_t size_bytes = 0;
  std::map<std::string, std::string> annotations;
  bool operator==(const Descriptor&) const = default;
};

}  // namespace kasane::registry
