#include "resolver/pypi/distribution_file.h"

#include <array>
#include <utility>

#include "resolver/pypi/distribution_name.h"

namespace kasane::resolver::pypi {

std::optional<PythonVersion> find_source_version(std::string_view file_name,
                                                 std::string_view project) {
  static constexpr std::array<std::string_view, 5> kEndings = {".tar.gz", ".zip", ".tgz",
                                                               ".tar.bz2", ".tar.xz"};
  std::string_view stem;
  for (const std::string_view ending : kEndings) {
    if (file_name.ends_with(ending)) stem = file_name.substr(0, file_name.size() - ending.size());
  }
  // Both names and old versions may hold dashes.
  for (std::size_t dash = stem.find('-'); dash != std::string_view::npos;
       dash = stem.find('-', dash + 1)) {
    if (normalise_name(stem.substr(0, dash)) != project) continue;
    if (auto version = PythonVersion::find(stem.substr(dash + 1))) return version;
  }
  return std::nullopt;
}

std::optional<DistributionFile> DistributionFile::find(IndexFile file, std::string_view project) {
  if (auto wheel = WheelName::find(file.name)) {
    if (normalise_name(wheel->distribution) != project) return std::nullopt;
    PythonVersion version = wheel->python_version();
    return DistributionFile{std::move(version), std::move(wheel), std::move(file), 0};
  }
  auto version = find_source_version(file.name, project);
  if (!version) return std::nullopt;
  return DistributionFile{std::move(*version), std::nullopt, std::move(file), 0};
}

}  // namespace kasane::resolver::pypi
