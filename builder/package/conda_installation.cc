#include "builder/package/conda_installation.h"

#include <utility>

#include <fmt/format.h>

#include "base/archive/entry_path.h"
#include "base/error.h"
#include "builder/package/conda_file.h"
#include "builder/package/conda_paths.h"
#include "builder/package/entry_point.h"
#include "builder/package/link_check.h"

namespace kasane::builder {
namespace {

std::uint32_t normalised_mode(std::uint32_t mode) { return (mode & 0111) != 0 ? 0755 : 0644; }

Error not_as_listed(std::string_view path, TarEntry::Type found, std::string_view listed) {
  return Error(ErrorKind::kIntegrity, fmt::format("`{}` is a {} in the archive, but listed as a {}",
                                                  path, describe(found), listed));
}

/// Further reads of the payload, for hard links to one file that the prefix makes different.
constexpr int kMostPasses = 4;

}  // namespace

CondaInstallation::CondaInstallation(const CondaInstallationPlan& plan, EntrySink& sink)
    : plan_(plan), layout_(plan.metadata.kind, plan.target), sink_(sink) {
  place_scripts();
  place_paths();
  check_placement();
}

void CondaInstallation::place_scripts() {
  for (const std::string& text : plan_.metadata.entry_points) {
    const EntryPoint entry_point = EntryPoint::parse(text);
    const std::string python =
        fmt::format("{}/bin/python{}", plan_.target.prefix, layout_.python().version);
    const std::string script = entry_point.launcher(python);
    const std::string path = fmt::format("bin/{}", entry_point.name);
    const auto [at, is_new] = scripts_.emplace(path, script);
    if (!is_new && at->second != script) {
      throw Error(
          ErrorKind::kIntegrity,
          fmt::format("the package has two entry points of the name `{}`", entry_point.name));
    }
  }
}

void CondaInstallation::place_paths() {
  placed_.reserve(plan_.metadata.paths.size());
  recorded_.reserve(plan_.metadata.paths.size());
  by_packaged_path_.reserve(plan_.metadata.paths.size());
  for (const CondaPath& listed : plan_.metadata.paths) {
    Placed placed;
    placed.listed = &listed;
    placed.path = layout_.place(listed.path);
    const bool has_script = scripts_.contains(placed.path);
    if (has_script) {
      warnings_.push_back(
          {"duplicate-script",
           fmt::format("`{}` brings `{}` as a file and as an entry point; the entry point is used",
                       plan_.file_name, placed.path)});
    }
    placed.left_out = has_script || plan_.excluded.contains(placed.path);
    if (!placed.left_out) check_prefix_fits(listed, plan_.target.prefix);
    placed_.push_back(std::move(placed));
  }
  for (Placed& placed : placed_) by_packaged_path_.emplace(placed.listed->path, &placed);
}

/// The listed paths are known to fit together; where they move, so must the installed ones.
void CondaInstallation::check_placement() const {
  if (!layout_.makes_scripts()) return;
  std::vector<CondaPath> paths;
  for (const Placed& placed : placed_) {
    if (scripts_.contains(placed.path)) continue;
    paths.push_back({.path = placed.path, .type = placed.listed->type});
  }
  for (const auto& [path, text] : scripts_) paths.push_back({.path = path});
  check_conda_paths(std::move(paths));
}

Warnings CondaInstallation::run(const CondaArchive& archive) {
  archive.visit(CondaArchive::Part::kPayload,
                [&](const TarEntry& entry, const std::string& path, TarReader& reader) {
                  take_entry(entry, path, reader);
                  return true;
                });
  for (const Placed& placed : placed_) {
    if (!placed.seen && placed.listed->type != CondaPath::Type::kDirectory) {
      throw Error(ErrorKind::kIntegrity,
                  fmt::format("the package lists `{}`, but its archive does not hold it",
                              placed.listed->path));
    }
  }
  if (!postponed_.empty()) take_postponed(archive);
  check_links_stay_inside(installed_links_);
  finish_directories();
  write_scripts();
  write_record();
  return std::move(warnings_);
}

void CondaInstallation::take_entry(const TarEntry& entry, const std::string& path,
                                   TarReader& reader) {
  if (find_payload(path) != nullptr || symlinks_.contains(path)) {
    throw Error(ErrorKind::kIntegrity, fmt::format("the archive holds `{}` twice", path));
  }
  Placed* const placed = find_placed(path);
  if (placed != nullptr) {
    placed->seen = true;
    const bool directory = entry.type == TarEntry::Type::kDirectory;
    if (directory != (placed->listed->type == CondaPath::Type::kDirectory)) {
      throw not_as_listed(path, entry.type, directory ? "file" : "directory");
    }
  }
  switch (entry.type) {
    case TarEntry::Type::kFile:
      if (placed == nullptr) {
        unlisted_files_.insert(path);
      } else {
        placed->is_file = true;
        take_file(entry, reader, *placed);
      }
      break;
    case TarEntry::Type::kSymlink:
      symlinks_.emplace(path, entry.link_target);
      if (placed != nullptr) take_symlink(entry, path, *placed);
      break;
    case TarEntry::Type::kHardlink:
      take_hardlink(entry, path, placed);
      break;
    default:
      break;
  }
}

void CondaInstallation::take_file(const TarEntry& entry, TarReader& reader, Placed& placed) {
  Entry out{.path = placed.path,
            .mode = normalised_mode(entry.mode),
            .size_bytes = entry.size_bytes,
            .target = {},
            .archive_time = entry.mtime};
  placed.size_bytes = entry.size_bytes;
  placed.mode = out.mode;
  placed.content = install_conda_file(reader, *placed.listed, plan_.target.prefix, std::move(out),
                                      placed.left_out ? nullptr : &sink_);
  record(placed, "hardlink");
}

void CondaInstallation::take_symlink(const TarEntry& entry, const std::string& path,
                                     Placed& placed) {
  const std::string& target = symlinks_.at(path);
  if (target.empty()) {
    throw Error(ErrorKind::kIntegrity, fmt::format("the symbolic link `{}` has no target", path));
  }
  if (!placed.left_out) {
    installed_links_.emplace(placed.path, target);
    sink_.begin({.type = Entry::Type::kSymlink,
                 .path = placed.path,
                 .mode = 0777,
                 .target = target,
                 .archive_time = entry.mtime});
    sink_.end();
  }
  record(placed, "softlink");
}

void CondaInstallation::take_hardlink(const TarEntry& entry, const std::string& path,
                                      Placed* placed) {
  const std::string target =
      in_context([&] { return fmt::format("in the target of the hard link `{}`", path); },
                 [&] { return normalise_entry_path(entry.link_target, Backslash::kOrdinary); });
  if (const auto symlink = symlinks_.find(target); symlink != symlinks_.end()) {
    symlinks_.emplace(path, symlink->second);
    if (placed != nullptr) take_symlink(entry, path, *placed);
    return;
  }
  const std::string* const payload = find_payload(target);
  if (payload == nullptr) {
    throw Error(
        ErrorKind::kIntegrity,
        fmt::format("the hard link `{}` refers to `{}`, which is no file that came before it", path,
                    target));
  }
  links_.emplace(path, *payload);
  if (placed == nullptr || placed->left_out) return;
  const Placed* const source = find_placed(target);
  if (source != nullptr && can_link(*source, *placed)) {
    link_to(entry.mtime, *source, *placed);
  } else {
    postponed_.emplace(*payload, placed);
  }
}

CondaInstallation::Placed* CondaInstallation::find_placed(const std::string& path) const {
  const auto found = by_packaged_path_.find(path);
  return found == by_packaged_path_.end() ? nullptr : found->second;
}

const std::string* CondaInstallation::find_payload(const std::string& path) const {
  if (const auto link = links_.find(path); link != links_.end()) return &link->second;
  const Placed* const placed = find_placed(path);
  if (placed != nullptr) return placed->is_file ? &placed->listed->path : nullptr;
  const auto unlisted = unlisted_files_.find(path);
  return unlisted == unlisted_files_.end() ? nullptr : &*unlisted;
}

/// Two names can share one file where it was installed, and the prefix does the same to both.
bool CondaInstallation::can_link(const Placed& source, const Placed& placed) {
  return source.content && !source.left_out &&
         source.listed->placeholder == placed.listed->placeholder &&
         source.listed->file_mode == placed.listed->file_mode;
}

void CondaInstallation::link_to(std::int64_t archive_time, const Placed& source, Placed& placed) {
  const CondaPath& listed = *placed.listed;
  const bool as_listed = (!listed.sha256 || *listed.sha256 == source.content->packaged) &&
                         (!listed.size_bytes || *listed.size_bytes == source.size_bytes);
  if (!as_listed) {
    throw Error(ErrorKind::kIntegrity,
                fmt::format("the hard link `{}` refers to `{}`, whose content is not what the "
                            "package lists",
                            listed.path, source.listed->path));
  }
  placed.content = source.content;
  placed.size_bytes = source.size_bytes;
  placed.mode = source.mode;
  sink_.begin({.type = Entry::Type::kHardlink,
               .path = placed.path,
               .mode = source.mode,
               .target = source.path,
               .archive_time = archive_time});
  sink_.end();
  record(placed, "hardlink");
}

void CondaInstallation::take_postponed(const CondaArchive& archive) {
  const auto visitor = [&](const TarEntry& entry, const std::string& path, TarReader& reader) {
    auto [next, end] = postponed_.equal_range(path);
    if (entry.type != TarEntry::Type::kFile || next == end) return true;
    Placed& first = *next->second;
    take_file(entry, reader, first);
    next = postponed_.erase(next);
    while (next != end) {
      if (can_link(first, *next->second)) {
        link_to(entry.mtime, first, *next->second);
        next = postponed_.erase(next);
      } else {
        ++next;
      }
    }
    return !postponed_.empty();
  };
  for (int pass = 0; !postponed_.empty(); ++pass) {
    if (pass == kMostPasses) {
      throw Error(ErrorKind::kRefused,
                  fmt::format("hard links to `{}` are listed with too many different placeholders",
                              postponed_.begin()->first));
    }
    archive.visit(CondaArchive::Part::kPayload, visitor);
  }
}

void CondaInstallation::finish_directories() {
  for (const Placed& placed : placed_) {
    if (placed.listed->type != CondaPath::Type::kDirectory) continue;
    if (!placed.left_out) {
      sink_.begin(
          {.type = Entry::Type::kDirectory, .path = placed.path, .mode = 0755, .target = {}});
      sink_.end();
    }
    record(placed, "directory");
  }
}

void CondaInstallation::write_scripts() {
  for (const auto& [path, text] : scripts_) {
    if (plan_.excluded.contains(path)) continue;
    write_file({.path = path, .mode = 0755, .size_bytes = text.size(), .target = {}}, text);
    recorded_.push_back({.path = path,
                         .type = "unix_python_entry_point",
                         .packaged = {},
                         .installed = Digest::of(text)});
  }
}

void CondaInstallation::write_record() {
  const CondaMetadata& metadata = plan_.metadata;
  const std::string path = conda_record_path(metadata.name, metadata.version, metadata.build);
  if (plan_.excluded.contains(path)) return;
  const CondaRecord record(metadata, plan_.origin, plan_.file_name, std::move(recorded_));
  class ToEntry final : public ByteSink {
   public:
    explicit ToEntry(EntrySink& sink) : sink_(sink) {}
    void write(std::string_view bytes) override { sink_.write(bytes); }

   private:
    EntrySink& sink_;
  } sink(sink_);
  sink_.begin({.path = path, .size_bytes = record.size_bytes(), .target = {}});
  record.write(sink);
  sink_.end();
}

void CondaInstallation::write_file(const Entry& entry, std::string_view bytes) {
  sink_.begin(entry);
  if (!bytes.empty()) sink_.write(bytes);
  sink_.end();
}

/// What is left out is another package's, and so not in this one's record: who removes this package
/// later must not take it along.
void CondaInstallation::record(const Placed& placed, std::string_view type) {
  if (placed.left_out) return;
  RecordedPath path{.path = placed.path,
                    .type = type,
                    .listed = placed.listed,
                    .size_bytes = placed.listed->size_bytes};
  if (placed.content) {
    path.size_bytes = placed.size_bytes;
    path.packaged = placed.content->packaged;
    path.installed = placed.content->installed;
  }
  recorded_.push_back(path);
}

}  // namespace kasane::builder
