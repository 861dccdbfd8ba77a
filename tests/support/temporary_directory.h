#pragma once

#include <unistd.h>

#include <filesystem>
#include <string>

#include "base/error.h"

namespace kasane::testing {

/// A new directory below the system's temporary one, gone at the end.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "kasane-test-XXXXXX").native();
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
  std::filesystem::path path_;
};

}  // namespace kasane::testing
