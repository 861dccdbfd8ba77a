#pragma once

#include <unistd.h>

#include <filesystem>
#include <string>

#include "base/error.h"

namespace kasane::testing {

/// A new directory, gone at the end. In memory where the machine offers that, since the code under
/// test syncs a lot; below the system's temporary directory otherwise.
class TemporaryDirectory {
 public:
  TemporaryDirectory() : TemporaryDirectory(fast_parent()) {}
  /// Below `parent`: programs cannot be run from every memory disk.
  explicit TemporaryDirectory(const std::filesystem::path& parent) {
    std::string name = (parent / "kasane-test-XXXXXX").native();
    if (::mkdtemp(name.data()) == nullptr) throw system_error("cannot make a directory for a test");
    path_ = name;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const char* name) const { return path_ / name; }

 private:
  static std::filesystem::path fast_parent() {
    const std::filesystem::path memory = "/dev/shm";
    const bool usable = ::access(memory.c_str(), W_OK | X_OK) == 0;
    return usable ? memory : std::filesystem::temp_directory_path();
  }

  std::filesystem::path path_;
};

}  // namespace kasane::testing
