#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/file_system.h"
#include "resolver/pypi/index_transport.h"
#include "resolver/pypi/page_cache.h"
#include "resolver/pypi/simple_index.h"

namespace kasane::resolver::pypi {

/// Fetches pages of indexes and of `--find-links`: over http(s) with conditional requests, from
/// directories by looking at them. Thread-safe.
class IndexPages {
 public:
  /// `cache` may be nullptr; all are borrowed.
  IndexPages(const IndexTransport& transport, FileSystem& files, const PageCache* cache)
      : transport_(transport), files_(files), cache_(cache) {}

  /// The page of a project below an index; nothing where that does not know the project. A `file:`
  /// index is a directory that has one for each project, with an `index.html` or the files in it.
  std::optional<IndexPage> find_project(const Url& index, std::string_view project) const;
  /// All that a page, a directory or a single file of `--find-links` names.
  IndexPage read_links(const Url& place) const;

 private:
  std::optional<IndexPage> fetch(const Url& url) const;
  std::optional<IndexPage> read_directory(const Path& directory) const;
  IndexPage parse(const StoredPage& page) const;

  const IndexTransport& transport_;
  FileSystem& files_;
  const PageCache* cache_;
};

}  // namespace kasane::resolver::pypi
