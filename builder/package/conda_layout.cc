#include "builder/package/conda_layout.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "builder/package/entry_point.h"

namespace kasane::builder {

const PythonLayout& CondaLayout::python() const {
  if (!target_.python) {
    throw Error(ErrorKind::kRefused,
                "the package is of kind `noarch: python`, and the environment has no Python")
        .hint("add `python` to the environment's conda packages");
  }
  return *target_.python;
}

std::string CondaLayout::place(std::string_view packaged) const {
  constexpr std::string_view kSitePackages = "site-packages/";
  constexpr std::string_view kScripts = "python-scripts/";
  if (kind_ == PackageFacts::Kind::kCondaNoarchPython) {
    if (packaged.starts_with(kSitePackages)) {
      return fmt::format("{}/{}", python().site_packages, packaged.substr(kSitePackages.size()));
    }
    if (packaged.starts_with(kScripts)) {
      return fmt::format("bin/{}", packaged.substr(kScripts.size()));
    }
  }
  return std::string(packaged);
}

std::string conda_record_path(std::string_view name, std::string_view version,
                              std::string_view build) {
  return fmt::format("conda-meta/{}-{}-{}.json", name, version, build);
}

std::vector<PackagePath> conda_installed_paths(const PackageFacts& facts,
                                               const InstallTarget& target) {
  const CondaLayout layout(facts.kind, target);
  std::vector<PackagePath> out;
  out.reserve(facts.paths.size() + facts.entry_points.size() + 1);
  for (const PackagePath& path : facts.paths) {
    out.push_back({layout.place(path.path), path.size_bytes, path.directory});
  }
  for (const std::string& entry_point : facts.entry_points) {
    out.push_back({.path = "bin/" + EntryPoint::parse(entry_point).name});
  }
  out.push_back({.path = conda_record_path(facts.name, facts.version, facts.build)});
  // The packaged paths are sorted unless they moved; the others are few.
  const auto by_path = [](const auto& a, const auto& b) { return a.path < b.path; };
  const auto generated = out.begin() + static_cast<std::ptrdiff_t>(facts.paths.size());
  if (!std::is_sorted(out.begin(), generated, by_path)) {
    std::stable_sort(out.begin(), generated, by_path);
  }
  std::stable_sort(generated, out.end(), by_path);
  std::inplace_merge(out.begin(), generated, out.end(), by_path);
  // Of two at one path the generated one, which comes later, is installed.
  const auto last = std::unique(out.rbegin(), out.rend(),
                                [](const auto& a, const auto& b) { return a.path == b.path; });
  out.erase(out.begin(), last.base());
  return out;
}

}  // namespace kasane::builder
