#include "builder/image/unpack.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "base/error.h"
#include "builder/image/layer_merge.h"

namespace kasane::builder {
namespace {

Error not_empty(const Path& directory) {
  return Error(ErrorKind::kRefused,
               fmt::format("expected `{}` to be absent or an empty directory", directory.native()))
      .hint("name another directory, or remove this one first");
}

/// Takes what lies below away, also where the image made directories that their owner cannot enter.
void clear(const Path& directory) {
  std::error_code ignored;
  std::filesystem::recursive_directory_iterator entries(
      directory, std::filesystem::directory_options::skip_permission_denied, ignored);
  for (; !ignored && entries != std::filesystem::recursive_directory_iterator();
       entries.increment(ignored)) {
    std::error_code unimportant;
    if (entries->is_directory(unimportant) && !entries->is_symlink(unimportant)) {
      ::chmod(entries->path().c_str(), 0700);
    }
  }
  for (const auto& entry : std::filesystem::directory_iterator(directory, ignored)) {
    std::filesystem::remove_all(entry.path(), ignored);
  }
}

/// Where the tree grows: a new directory beside the wanted one, or that one itself when it is
/// there.
class Destination {
 public:
  explicit Destination(Path wanted) : wanted_(std::move(wanted)) {
    while (!wanted_.has_filename() && wanted_.has_relative_path()) wanted_ = wanted_.parent_path();
    std::error_code failure;
    const auto status = std::filesystem::symlink_status(wanted_, failure);
    if (status.type() == std::filesystem::file_type::none) {
      throw Error(ErrorKind::kFailed,
                  fmt::format("cannot look at `{}`: {}", wanted_.native(), failure.message()));
    }
    exists_ = status.type() != std::filesystem::file_type::not_found;
    if (exists_) {
      const bool directory = std::filesystem::is_directory(wanted_, failure);
      if (!directory || !std::filesystem::is_empty(wanted_, failure) || failure) {
        throw not_empty(wanted_);
      }
      place_ = wanted_;
      return;
    }
    const Path parent = wanted_.has_parent_path() ? wanted_.parent_path() : Path(".");
    std::string name = (parent / fmt::format(".{}.XXXXXX", wanted_.filename().native())).native();
    if (::mkdtemp(name.data()) == nullptr) {
      throw system_error(fmt::format("cannot make a directory in `{}`", parent.native()));
    }
    place_ = name;
  }

  ~Destination() {
    if (done_) return;
    clear(place_);
    std::error_code ignored;
    if (!exists_) std::filesystem::remove(place_, ignored);
  }

  Destination(const Destination&) = delete;
  Destination& operator=(const Destination&) = delete;

  const Path& place() const { return place_; }

  void appear() {
    if (!exists_ && ::rename(place_.c_str(), wanted_.c_str()) != 0) {
      if (errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR) throw not_empty(wanted_);
      throw system_error(fmt::format("cannot make `{}`", wanted_.native()));
    }
    done_ = true;
  }

 private:
  Path wanted_;
  Path place_;
  bool exists_ = false;
  bool done_ = false;
};

}  // namespace

UnpackResult unpack(const registry::ImageSource& image, const Path& directory,
                    const UnpackOptions& options) {
  Destination destination(directory);
  ImageTree tree;
  DiskSink sink(destination.place(), options.ownership);
  merge_layers(image, tree, sink);
  sink.finish(tree);
  destination.appear();
  return {tree.size(), sink.bytes(), sink.take_warnings()};
}

}  // namespace kasane::builder
