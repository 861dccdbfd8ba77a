#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/file_system.h"

namespace kasane::resolver::pypi {

/// An answer of an index as it is kept: what a conditional request needs, and the body.
struct StoredPage {
  std::string etag = {};
  std::string last_modified = {};
  std::string content_type = {};
  /// After redirects.
  std::string final_url = {};
  std::string body = {};
};

/// Keeps texts by key in a directory. What is damaged counts as not there; what cannot be written
/// is not kept. Safe for many threads and processes, since files are replaced in one step.
class PageCache {
 public:
  PageCache(FileSystem& files, Path directory) : files_(files), directory_(std::move(directory)) {}

  std::optional<StoredPage> read(std::string_view key) const;
  void write(std::string_view key, const StoredPage& page) const;

 private:
  Path path_of(std::string_view key) const;
  void replace(const Path& path, std::string_view bytes) const;

  FileSystem& files_;
  Path directory_;
};

}  // namespace kasane::resolver::pypi
