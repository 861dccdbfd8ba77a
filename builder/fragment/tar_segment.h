#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/stream.h"
#include "builder/package/entry.h"

namespace kasane::builder {

/// Writes the entries of a package as a segment of a tar: members only, no directories of files and
/// no trailer, so that segments can be joined. Remembers which directories the members need.
class TarSegment final : public EntrySink {
 public:
  /// `root` is put before each path: the prefix without its leading slash. `out` is borrowed.
  TarSegment(std::string_view root, std::int64_t time, ByteSink& out);

  void begin(const Entry& entry) override;
  void write(std::string_view bytes) override;
  void end() override;

  /// Directories that the members lie in or that the package names, relative to the prefix.
  const std::set<std::string>& directories() const { return directories_; }
  /// The members, relative to the prefix, in order; directories are not among them.
  const std::vector<std::string>& paths() const { return paths_; }
  std::uint64_t size_bytes() const { return size_bytes_; }

 private:
  void put(std::string_view bytes);
  void note_parents(std::string_view path);

  std::string root_;
  std::int64_t time_;
  ByteSink& out_;
  std::set<std::string> directories_;
  std::vector<std::string> paths_;
  std::string last_parent_;
  std::string header_;
  std::uint64_t size_bytes_ = 0;
  std::uint64_t expected_ = 0;
  std::uint64_t content_ = 0;
};

/// The segment for the directories themselves: each of `paths` (relative to the root of the image,
/// sorted, so that parents come first), mode 0755.
std::string directory_segment(const std::set<std::string>& paths, std::int64_t time);

}  // namespace kasane::builder
