#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "cache/cache.h"

namespace kasane::cache {

Key Key::of(std::string_view kind, std::string_view inputs) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  };
  if (kind.empty() || kind.size() > 100 || !std::all_of(kind.begin(), kind.end(), allowed)) {
    throw Error(ErrorKind::kUsage,
                fmt::format("expected lower-case letters, digits and `-` as the kind of a cache "
                            "key, got `{}`",
                            kind.substr(0, 100)));
  }
  Sha256Hasher hasher;
  hasher.update(kind);
  hasher.update(std::string_view("\0", 1));
  hasher.update(inputs);
  return Key(fmt::format("{}-{}", kind, hasher.finish().hex()));
}

}  // namespace kasane::cache
