#include "builder/package/wheel_package.h"

#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/archive/entry_path.h"
#include "base/archive/zip_reader.h"
#include "base/error.h"
#include "builder/package/wheel_installation.h"
#include "builder/package/wheel_layout.h"
#include "builder/package/wheel_record.h"
#include "builder/package/wheel_recorded_files.h"
#include "resolver/pypi/distribution_name.h"
#include "resolver/pypi/metadata_headers.h"
#include "resolver/pypi/wheel_name.h"

namespace kasane::builder {
namespace {

using resolver::pypi::MetadataHeaders;
using resolver::pypi::normalise_name;
using resolver::pypi::WheelName;

constexpr std::size_t kMetadataLimit = std::size_t{64} << 20;
constexpr std::string_view kInstaller = "kasane\n";

void check_type(const ZipEntry& entry) {
  constexpr std::uint32_t kTypeMask = 0170000;
  constexpr std::uint32_t kRegular = 0100000;
  constexpr std::uint32_t kDirectory = 0040000;
  const std::uint32_t type = entry.unix_mode & kTypeMask;
  if (type == 0 || type == kRegular || (type == kDirectory && entry.is_directory())) return;
  throw Error(ErrorKind::kRefused,
              fmt::format("entry `{}` is {}, which no wheel may hold", printable_name(entry.name),
                          entry.is_symlink() ? "a symbolic link" : "no regular file"));
}

/// PEP 610 for an archive.
std::string render_direct_url(const PackageOrigin& origin) {
  const nlohmann::json json = {
      {"url", origin.url},
      {"archive_info",
       {{"hash", "sha256=" + origin.sha256.hex()}, {"hashes", {{"sha256", origin.sha256.hex()}}}}}};
  return json.dump();
}

class WheelPackage final : public Package {
 private:
  template <class Body>
  decltype(auto) in_wheel(std::string_view verb, Body&& body) const {
    return in_context([&] { return fmt::format("while {} wheel `{}`", verb, file_name_); },
                      std::forward<Body>(body));
  }

 public:
  WheelPackage(const ReadableFile& file, std::string_view file_name)
      : file_name_(file_name),
        name_(WheelName::parse(file_name)),
        zip_(in_wheel("reading", [&] { return ZipReader::open(file); })) {}

  PackageFacts read_facts() const override {
    return in_wheel("reading", [&] { return facts_of_wheel(); });
  }

  Warnings install(const PackageFacts& facts, const PackageOrigin& origin,
                   const InstallTarget& target, const std::set<std::string>& excluded,
                   EntrySink& sink) const override {
    return in_wheel("installing",
                    [&] { return install_wheel(facts, origin, target, excluded, sink); });
  }

 private:
  std::string read_text(std::string_view name) const {
    const ZipEntry* entry = zip_.find(name);
    if (entry == nullptr) {
      throw Error(ErrorKind::kIntegrity, fmt::format("no `{}` in the wheel", name));
    }
    return read_all(*zip_.open_entry(*entry), kMetadataLimit, fmt::format("`{}`", name));
  }

  MetadataHeaders read_headers(const std::string& name) const {
    return MetadataHeaders::parse(read_text(name), name);
  }

  /// The minor of `Wheel-Version`; another major one is refused.
  void check_wheel_version(const MetadataHeaders& wheel, Warnings& warnings) const {
    const std::string& version = wheel.one("Wheel-Version");
    const std::string_view major = std::string_view(version).substr(0, version.find('.'));
    if (major != "1" && major != "0") {
      throw Error(ErrorKind::kRefused,
                  fmt::format("wheel of format `{}`, expected `1.0`", printable_name(version)));
    }
    if (version != "1" && version != "1.0") {
      warnings.push_back({"wheel-version", fmt::format("`{}` is a wheel of format {}, not 1.0",
                                                       file_name_, printable_name(version))});
    }
  }

  PackageFacts facts_of_wheel() const {
    PackageFacts facts;
    facts.kind = PackageFacts::Kind::kWheel;
    std::set<std::string> seen;
    for (const ZipEntry& entry : zip_.entries()) {
      std::string path = normalise_entry_path(entry.name);
      check_type(entry);
      if (path.empty() || path != entry.name.substr(0, path.size())) {
        throw Error(ErrorKind::kRefused,
                    fmt::format("entry name `{}` has a part `.`", printable_name(entry.name)));
      }
      if (!seen.insert(path).second) {
        throw Error(ErrorKind::kRefused, fmt::format("`{}` is both a file and a directory", path));
      }
      facts.paths.push_back({std::move(path), entry.size_bytes, entry.is_directory()});
    }
    const std::string dist_info = find_dist_info(facts.paths, name_.distribution);
    const MetadataHeaders metadata = read_headers(dist_info + "/METADATA");
    facts.name = metadata.one("Name");
    facts.version = metadata.one("Version");
    facts.build = name_.build;
    facts.depends = metadata.all("Requires-Dist");
    check_name(facts.name);
    Warnings told_when_installed;
    check_wheel_version(read_headers(dist_info + "/WHEEL"), told_when_installed);
    const std::string entry_points = dist_info + "/entry_points.txt";
    if (zip_.find(entry_points) != nullptr) {
      for (const EntryPoint& entry_point : parse_entry_points(read_text(entry_points))) {
        facts.entry_points.push_back(entry_point.render());
      }
    }
    return facts;
  }

  void check_name(const std::string& name) const {
    if (normalise_name(name) == normalise_name(name_.distribution)) return;
    throw Error(ErrorKind::kIntegrity, fmt::format("METADATA is of `{}`, expected `{}`",
                                                   printable_name(name), name_.distribution));
  }

  Warnings install_wheel(const PackageFacts& facts, const PackageOrigin& origin,
                         const InstallTarget& target, const std::set<std::string>& excluded,
                         EntrySink& sink) const {
    const WheelLayout layout = WheelLayout::make(facts, origin, target);
    Warnings warnings;
    check_wheel_version(read_headers(layout.dist_info + "/WHEEL"), warnings);
    if (!name_.admits_python(target.python->version)) {
      warnings.push_back({"wheel-tag", fmt::format("`{}` is not made for Python {}", file_name_,
                                                   target.python->version)});
    }
    const RecordedFiles recorded(parse_record(read_text(layout.dist_info + "/RECORD")), facts.paths,
                                 layout.dist_info);
    WheelInstallation installation(layout, target, excluded, sink);
    for (const WheelLayout::File& file : layout.files) {
      const ZipEntry* entry = zip_.find(file.source);
      if (entry == nullptr) {
        throw Error(ErrorKind::kIntegrity, fmt::format("no `{}` in the wheel", file.source));
      }
      const std::string hash = recorded.hash(file.source);
      const auto source = make_verified_source(zip_.open_entry(*entry), *entry, hash);
      installation.add_file(file, *entry, hash, *source);
    }
    for (const WheelLayout::Launcher& launcher : layout.launchers) {
      installation.add_launcher(launcher);
    }
    installation.add_generated(layout.in_dist_info("INSTALLER"), kInstaller);
    if (origin.requested) installation.add_generated(layout.in_dist_info("REQUESTED"), "");
    if (origin.direct) {
      installation.add_generated(layout.in_dist_info("direct_url.json"), render_direct_url(origin),
                                 0644);
    }
    installation.add_record();
    return warnings;
  }

  std::string file_name_;
  WheelName name_;
  ZipReader zip_;
};

}  // namespace

std::vector<PackagePath> wheel_installed_paths(const PackageFacts& facts,
                                               const PackageOrigin& origin,
                                               const InstallTarget& target) {
  return WheelLayout::make(facts, origin, target).installed_paths();
}

std::unique_ptr<Package> open_wheel(const ReadableFile& file, std::string_view file_name) {
  return std::make_unique<WheelPackage>(file, file_name);
}

}  // namespace kasane::builder
