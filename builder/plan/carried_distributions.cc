#include "builder/plan/carried_distributions.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "base/archive/entry_path.h"
#include "resolver/pypi/distribution_name.h"

namespace kasane::builder {
namespace {

/// The name of the distribution whose metadata a path is:
/// `…/site-packages/NAME-VERSION.dist-info/METADATA`, or what setuptools wrote before.
std::optional<std::string> find_distribution(std::string_view path) {
  constexpr std::string_view kSite = "site-packages";
  std::string_view place = path;
  if (path.ends_with(".dist-info/METADATA") || path.ends_with(".egg-info/PKG-INFO")) {
    place = parent_of(path);
  } else if (!path.ends_with(".egg-info")) {
    return std::nullopt;
  }
  const std::string_view site = parent_of(place);
  if (site != kSite && !site.ends_with("/site-packages")) return std::nullopt;
  const std::string_view stem = place.substr(site.size() + 1);
  const std::string_view name = stem.substr(0, std::min(stem.find('-'), stem.rfind('.')));
  if (name.empty()) return std::nullopt;
  return resolver::pypi::normalise_name(name);
}

}  // namespace

Warnings find_double_distributions(std::span<const PackageFacts::Kind> kinds,
                                   std::span<const PackageFiles> packages) {
  Warnings warnings;
  std::map<std::string, std::size_t> owners;
  for (std::size_t i = 0; i < packages.size(); ++i) {
    for (const PackagePath& path : packages[i].paths) {
      const auto distribution = find_distribution(path.path);
      if (!distribution) continue;
      const auto [owner, added] = owners.emplace(*distribution, i);
      const std::size_t other = owner->second;
      const bool wheel =
          kinds[i] == PackageFacts::Kind::kWheel || kinds[other] == PackageFacts::Kind::kWheel;
      if (added || other == i || !wheel) continue;
      const auto shown = [&](std::size_t package) {
        return fmt::format("the {} `{}`",
                           kinds[package] == PackageFacts::Kind::kWheel ? "wheel" : "conda package",
                           packages[package].name);
      };
      warnings.push_back(
          {"two-distributions",
           fmt::format("{} and {} both bring the distribution `{}`; which one Python takes is "
                       "chance",
                       shown(other), shown(i), *distribution)});
    }
  }
  return warnings;
}

}  // namespace kasane::builder
