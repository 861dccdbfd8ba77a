#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/file_system.h"
#include "base/http.h"

namespace kasane::resolver {

/// What is known of the repodata that is kept of a channel's subdir: where it came from and how
/// long it is good for. Holds no credentials.
struct RepodataState {
  enum class Kind { kJson, kShards, kMissing };
  Kind kind = Kind::kMissing;
  /// The file that it was, without credentials.
  std::string url;
  /// What the file that is kept says of itself, so that another's state is not believed.
  std::string identity;
  std::string etag;
  std::string last_modified;
  /// Seconds since 1970 when the server was asked last, and for how many its answer is good.
  std::int64_t checked_at = 0;
  std::int64_t max_age = 0;
  /// When it was last looked which of the files there are.
  std::int64_t probed_at = 0;

  /// Nothing when there is none, or one that is not understood.
  static std::optional<RepodataState> read(FileSystem& disk, const Path& path);
  void write(FileSystem& disk, const Path& path) const;

  /// Takes over what an answer says of itself.
  void take_headers(const HttpHeaders& headers, std::int64_t now);
  /// What makes a request conditional.
  HttpHeaders conditions() const;
  bool is_good(std::int64_t now) const { return now >= checked_at && now - checked_at < max_age; }
};

}  // namespace kasane::resolver
