#include "builder/image/scratch_directory.h"

#include <cstdlib>

#include <fmt/format.h>

#include "base/error.h"

namespace kasane::builder {
namespace {

/// Held for as long as the directory is in use; a sibling, so that removing the directory is one
/// step.
Path lock_path(const Path& directory) { return directory.native() + ".lock"; }

void remove_leftovers(FileSystem& files, const Path& parent, const std::string& begin) {
  for (const std::string& name : files.list(parent)) {
    if (!name.starts_with(begin) || !name.ends_with(".lock")) continue;
    try {
      const Path lock_file = parent / name;
      const auto lock = files.try_lock(lock_file, LockMode::kExclusive);
      if (lock == nullptr) continue;
      files.remove_all(parent / name.substr(0, name.size() - 5));
      files.remove(lock_file);
    } catch (const Error&) {
      // Another user's, or gone meanwhile: not ours to tidy.
      continue;
    }
  }
}

}  // namespace

ScratchDirectory::ScratchDirectory(FileSystem& files, const Path& parent, std::string_view name)
    : files_(files) {
  const std::string begin = fmt::format("kasane-{}-", name);
  remove_leftovers(files, parent, begin);
  std::string pattern = (parent / (begin + "XXXXXX")).native();
  if (::mkdtemp(pattern.data()) == nullptr) {
    throw system_error(fmt::format("cannot make a directory in `{}`", parent.native()));
  }
  path_ = pattern;
  lock_ = files.lock(lock_path(path_), LockMode::kExclusive);
}

ScratchDirectory::~ScratchDirectory() {
  try {
    files_.remove_all(path_);
    files_.remove(lock_path(path_));
  } catch (const Error&) {
    // The next one to be made removes what could not be removed now.
    return;
  }
}

}  // namespace kasane::builder
