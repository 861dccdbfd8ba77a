#include "builder/package/conda_package.h"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "builder/package/conda_installation.h"

namespace kasane::builder {
namespace {

constexpr std::size_t kLargestInfoFile = std::size_t{64} << 20;

bool is_link_script(std::string_view path, std::string_view name) {
  for (const std::string_view action : {"pre-link", "post-link", "pre-unlink", "post-unlink"}) {
    if (path == fmt::format("bin/.{}-{}.sh", name, action)) return true;
  }
  return false;
}

}  // namespace

CondaPackage::CondaPackage(const ReadableFile& file, std::string_view file_name,
                           CondaArchive::Format format)
    : file_name_(file_name),
      archive_(in_context([&] { return fmt::format("in package `{}`", file_name); },
                          [&] { return CondaArchive(file, format); })) {}

CondaMetadata CondaPackage::read_metadata() const {
  CondaInfoFiles files;
  std::map<std::string, std::uint64_t, std::less<>> sizes;
  archive_.visit(CondaArchive::Part::kInfo, [&](const TarEntry& entry, const std::string& path,
                                                TarReader& reader) {
    if (entry.type == TarEntry::Type::kFile) sizes.emplace(path, entry.size_bytes);
    if (!CondaMetadata::uses(path)) return true;
    if (entry.type != TarEntry::Type::kFile) {
      throw Error(ErrorKind::kRefused,
                  fmt::format("`{}` is a {}, not a file", path, describe(entry.type)));
    }
    const auto [at, is_new] = files.emplace(path, "");
    if (!is_new) {
      throw Error(ErrorKind::kIntegrity, fmt::format("the archive holds `{}` twice", path));
    }
    at->second = read_all(reader, kLargestInfoFile, fmt::format("`{}`", path));
    return archive_.format() == CondaArchive::Format::kConda || CondaMetadata::needs_more(files);
  });
  CondaMetadata metadata = CondaMetadata::parse(files);
  for (CondaPath& path : metadata.paths) {
    const auto found = sizes.find(path.path);
    if (!path.size_bytes && found != sizes.end()) path.size_bytes = found->second;
  }
  return metadata;
}

/// Sizes that the package does not list, and that were not passed on the way to its metadata.
void CondaPackage::measure(CondaMetadata& metadata) const {
  std::map<std::string_view, CondaPath*> unknown;
  for (CondaPath& path : metadata.paths) {
    if (!path.size_bytes && path.type == CondaPath::Type::kFile) unknown.emplace(path.path, &path);
  }
  if (unknown.empty()) return;
  archive_.visit(CondaArchive::Part::kPayload,
                 [&](const TarEntry& entry, const std::string& path, TarReader&) {
                   const auto found = unknown.find(path);
                   if (found != unknown.end()) found->second->size_bytes = entry.size_bytes;
                   return true;
                 });
}

PackageFacts CondaPackage::read_facts() const {
  return in_context(
      [&] { return fmt::format("in package `{}`", file_name_); },
      [&] {
        CondaMetadata metadata = read_metadata();
        measure(metadata);
        PackageFacts facts;
        facts.kind = metadata.kind;
        facts.name = std::move(metadata.name);
        facts.version = std::move(metadata.version);
        facts.build = std::move(metadata.build);
        facts.depends = std::move(metadata.depends);
        facts.entry_points = std::move(metadata.entry_points);
        facts.python = std::move(metadata.python);
        for (const CondaPath& path : metadata.paths) {
          if (is_link_script(path.path, facts.name)) facts.link_scripts.push_back(path.path);
          const bool file = path.type == CondaPath::Type::kFile;
          facts.paths.push_back({.path = path.path,
                                 .size_bytes = file ? path.size_bytes.value_or(0) : 0,
                                 .directory = path.type == CondaPath::Type::kDirectory});
        }
        return facts;
      });
}

Warnings CondaPackage::install(const PackageFacts&, const PackageOrigin& origin,
                               const InstallTarget& target, const std::set<std::string>& excluded,
                               EntrySink& sink) const {
  return in_context([&] { return fmt::format("in package `{}`", file_name_); },
                    [&] {
                      const CondaMetadata metadata = read_metadata();
                      CondaInstallation installation({.metadata = metadata,
                                                      .origin = origin,
                                                      .target = target,
                                                      .excluded = excluded,
                                                      .file_name = file_name_},
                                                     sink);
                      return installation.run(archive_);
                    });
}

}  // namespace kasane::builder
