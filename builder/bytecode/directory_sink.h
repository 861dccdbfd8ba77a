#pragma once

#include <string>
#include <string_view>

#include "base/file_system.h"
#include "builder/package/entry.h"

namespace kasane::builder {

/// Writes entries below a directory. Nothing is written outside of it, whatever links came before:
/// no path goes through a symbolic link, and one that points out of the directory is an Error of
/// kind kRefused. An entry replaces a file that was at its path. Not thread-safe.
class DirectorySink final : public EntrySink {
 public:
  /// `directory` must be there.
  explicit DirectorySink(const Path& directory);
  ~DirectorySink() override;
  DirectorySink(const DirectorySink&) = delete;
  DirectorySink& operator=(const DirectorySink&) = delete;

  void begin(const Entry& entry) override;
  void write(std::string_view bytes) override;
  void end() override;

 private:
  int open_parent(std::string_view path) const;

  std::string directory_;
  int root_ = -1;
  int file_ = -1;
  std::string path_;
};

}  // namespace kasane::builder
