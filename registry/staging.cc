#include "registry/staging.h"

#include <unistd.h>

#include <vector>

#include <fmt/format.h>

#include "base/error.h"

namespace kasane::registry {
namespace {

constexpr const char* kLockName = "lock";

std::atomic<unsigned> instances = 0;

}  // namespace

void make_directories_durably(FileSystem& files, const Path& directory) {
  std::vector<Path> missing;
  for (Path at = directory; !at.empty() && !files.find_status(at); at = at.parent_path()) {
    missing.push_back(at);
  }
  files.create_directories(directory);
  for (const Path& made : missing) {
    if (made.has_filename()) files.sync_directory(made.parent_path());
  }
}

Staging::Staging(FileSystem& files, const Path& parent, std::string prefix)
    : files_(files), prefix_(std::move(prefix)) {
  files_.create_directories(parent);
  remove_abandoned(parent);
  constexpr int kAttempts = 1000;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    if (claim(parent / fmt::format("{}{}-{}", prefix_, ::getpid(), instances++))) return;
  }
  throw Error(ErrorKind::kFailed,
              fmt::format("cannot make a directory for new files in `{}`", parent.native()));
}

Staging::~Staging() {
  try {
    files_.remove_all(directory_);
  } catch (const Error&) {
    // It is only litter: the next process removes it.
    return;
  }
}

bool Staging::claim(const Path& directory) {
  if (files_.find_status(directory)) return false;
  files_.create_directories(directory);
  try {
    lock_ = files_.try_lock(directory / kLockName, LockMode::kExclusive);
  } catch (const Error&) {
    // Another process may have seen it unlocked and removed it.
    if (files_.find_status(directory)) throw;
    return false;
  }
  if (lock_ == nullptr || !files_.find_status(directory / kLockName)) return false;
  directory_ = directory;
  return true;
}

void Staging::remove_abandoned(const Path& parent) const {
  for (const std::string& name : files_.list(parent)) {
    if (!name.starts_with(prefix_)) continue;
    const Path directory = parent / name;
    const auto status = files_.find_status(directory);
    if (!status || status->type != FileStatus::Type::kDirectory) continue;
    try {
      const auto lock = files_.try_lock(directory / kLockName, LockMode::kExclusive);
      if (lock != nullptr) files_.remove_all(directory);
    } catch (const Error&) {
      // Someone else removes it, or may.
      continue;
    }
  }
}

Path Staging::next() { return directory_ / fmt::format("{}", counter_++); }

StagedFile::StagedFile(FileSystem& files, Path path)
    : files_(files), path_(std::move(path)), file_(files_.create_file(path_)) {}

StagedFile::~StagedFile() {
  if (closed_) return;
  file_.reset();
  try {
    files_.remove(path_);
  } catch (const Error&) {
    // Goes with the staging directory.
    return;
  }
}

void StagedFile::write(std::string_view bytes) {
  file_->write(bytes);
  hasher_.update(bytes);
  size_bytes_ += bytes.size();
}

Digest StagedFile::close() {
  file_->sync();
  file_->close();
  closed_ = true;
  return hasher_.finish();
}

}  // namespace kasane::registry
