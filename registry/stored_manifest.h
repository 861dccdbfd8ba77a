#pragma once

#include <string>

#include "base/digest.h"
#include "registry/descriptor.h"

namespace kasane::registry {

/// A manifest or an index as it is kept: its exact bytes, whose digest names it. A value.
struct StoredManifest {
  std::string text;
  std::string media_type;

  Descriptor descriptor() const { return {media_type, Digest::of(text), text.size(), {}}; }
};

}  // namespace kasane::registry
