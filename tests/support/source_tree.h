#pragma once

#include <string>
#include <vector>

namespace kasane::test {

/// A line `#include "path"` of a source file.
struct Include {
  std::string path;
  int line = 0;
};

/// One `.h` or `.cc` file, its path relative to the root of the sources.
struct SourceFile {
  std::string path;
  std::string text;

  bool is_header() const { return path.ends_with(".h"); }
  /// Of the path: `cache` for `cache/index.cc`.
  std::string room() const;
  /// Without a slash at its end: `tests/cache` for `tests/cache/index_test.cc`.
  std::string folder() const;
  int line_count() const;
  /// Those in quotes, in order.
  std::vector<Include> local_includes() const;
  /// Those in angle brackets, in order.
  std::vector<Include> system_includes() const;
};

/// All sources below the given folders of `root`, sorted by path. Folders that are not there count
/// as empty.
std::vector<SourceFile> read_sources(const std::string& root,
                                     const std::vector<std::string>& folders);

}  // namespace kasane::test
