#pragma once

#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/file_system.h"
#include "cache/cache.h"

namespace kasane::cache {

/// A new empty directory, gone at the end. In memory where the machine offers that: these tests
/// sync a lot, and none of them needs to survive a loss of power.
class ScratchDirectory {
 public:
  ScratchDirectory() {
    const Path parent =
        ::access("/dev/shm", W_OK) == 0 ? Path("/dev/shm") : std::filesystem::temp_directory_path();
    std::string name = (parent / "kasane-test-XXXXXX").native();
    if (::mkdtemp(name.data()) == nullptr) throw system_error("cannot make `" + name + "`");
    path_ = name;
  }
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;
  ~ScratchDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const Path& path() const { return path_; }

 private:
  Path path_;
};

inline BlobSize add_blob(Cache& cache, std::string_view bytes) {
  auto writer = cache.begin_blob();
  writer->write(bytes);
  return writer->commit();
}

inline std::string text_of(const ReadableFile& file) {
  FileSource source(file);
  return read_all(source, std::size_t{1} << 30, "the file");
}

/// The bytes of a blob, or `(nothing)`.
inline std::string blob_text(Cache& cache, const Digest& digest) {
  const auto file = cache.find_blob(digest);
  return file == nullptr ? "(nothing)" : text_of(*file);
}

template <class Body>
std::string error_text(Body body) {
  try {
    body();
  } catch (const Error& error) {
    return error.render();
  }
  return "(no error)";
}

/// Tests on a real disk.
class CacheTest : public testing::Test {
 protected:
  std::unique_ptr<Cache> open(const CacheOptions& options = {}) {
    return open_cache(files_, scratch_.path(), options);
  }
  Path root() const { return scratch_.path() / "v1"; }
  Path blob_path(const Digest& digest) const { return root() / "blobs" / digest.hex(); }
  void overwrite(const Path& path, std::string_view bytes) {
    files_.remove(path);
    files_.create_file(path)->write(bytes);
  }

  ScratchDirectory scratch_;
  PosixFileSystem files_;
};

}  // namespace kasane::cache
