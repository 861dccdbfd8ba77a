#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/file_system.h"
#include "base/warning.h"

namespace kasane::cli {

/// What the program is told by where it runs: environment variables, standard streams. The only
/// place that reads them.
class Surroundings {
 public:
  Surroundings();

  std::optional<std::string> find_variable(const std::string& name) const;
  /// Where images and, unless told otherwise, the cache are kept.
  Path home() const;
  Path cache_directory() const;
  Path temporary_directory() const;
  /// All variables, for programs that are started.
  std::vector<std::pair<std::string, std::string>> environment() const;
  /// Where programs are looked for.
  std::vector<std::string> program_directories() const;
  FileSystem& files() { return *files_; }
  bool error_is_terminal() const { return error_is_terminal_; }

  /// To standard output: results only.
  void print(std::string_view text) const;
  /// To standard error, one line.
  void note(std::string_view line) const;
  void warn(const Warnings& warnings) const;

 private:
  std::unique_ptr<FileSystem> files_;
  bool error_is_terminal_ = false;
};

}  // namespace kasane::cli
