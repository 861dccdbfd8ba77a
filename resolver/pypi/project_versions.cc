#include "resolver/pypi/project_versions.h"

#include <algorithm>
#include <optional>
#include <span>
#include <tuple>

#include <fmt/format.h>

namespace kasane::resolver::pypi {
namespace {

bool pins(const SpecifierSet& specifiers, const PythonVersion& version) {
  return std::any_of(specifiers.clauses().begin(), specifiers.clauses().end(),
                     [&](const Specifier& clause) {
                       const bool exact = clause.op() == Specifier::Operator::kEqual ||
                                          clause.op() == Specifier::Operator::kArbitrary;
                       return exact && !clause.is_wildcard() && clause.contains(version);
                     });
}

/// Decides on the files of one version.
class VersionReader {
 public:
  VersionReader(std::string_view project, const std::vector<SpecifierSet>& direct,
                const VersionChoice& choice)
      : direct_(direct),
        choice_(choice),
        takes_wheels_(!choice.no_wheels && !choice.no_binary.contains(std::string(project))),
        takes_sources_(choice.allow_sources && !choice.only_binary.contains(std::string(project))) {
  }

  /// Appends what there is of one version.
  void read(std::span<const DistributionFile> files, std::vector<ProjectVersion>& out) const {
    const PythonVersion& version = files.front().version;
    const bool pinned = std::any_of(direct_.begin(), direct_.end(),
                                    [&](const SpecifierSet& set) { return pins(set, version); });
    const std::size_t first = out.size();
    const Pythons& pythons = choice_.pythons;
    std::vector<const DistributionFile*> chosen;
    for (std::size_t kind = 0; kind < pythons.tag_kinds(); ++kind) {
      chosen.push_back(find_wheel(files, pythons.tags(kind), pinned));
    }
    const DistributionFile* source = takes_sources_ ? find_source(files, pinned) : nullptr;
    for (std::size_t place = 0; place < pythons.size(); ++place) {
      const DistributionFile* wheel = chosen[pythons.tag_kind(place)];
      const DistributionFile* file = wheel == nullptr ? source : wheel;
      if (file != nullptr) add(file, place, first, out);
    }
    if (out.size() > first) return;
    ProjectVersion& none = out.emplace_back();
    none.version = &version;
    none.pythons = pythons.none();
    none.excluded = why_not(files, pinned);
  }

 private:
  static bool may_take(const DistributionFile& file, bool pinned) {
    return !file.file.yanked || pinned;
  }

  void add(const DistributionFile* file, std::size_t python, std::size_t first,
           std::vector<ProjectVersion>& out) const {
    const auto known = std::find_if(out.begin() + static_cast<std::ptrdiff_t>(first), out.end(),
                                    [&](const auto& entry) { return entry.file == file; });
    const bool is_new = known == out.end();
    ProjectVersion& entry = is_new ? out.emplace_back() : *known;
    if (is_new) {
      entry.file = file;
      entry.version = &file->version;
      entry.pythons = choice_.pythons.none();
    }
    entry.pythons[python] = true;
  }

  const DistributionFile* find_wheel(std::span<const DistributionFile> files, const TagRanks& tags,
                                     bool pinned) const {
    const DistributionFile* best = nullptr;
    std::uint32_t best_rank = 0;
    for (const DistributionFile& file : files) {
      if (!takes_wheels_ || !file.wheel || !may_take(file, pinned)) continue;
      const auto rank = tags.find(*file.wheel);
      if (!rank) continue;
      const bool better =
          best == nullptr || *rank < best_rank ||
          (*rank == best_rank && std::is_gt(file.wheel->compare_builds(*best->wheel)));
      if (better) {
        best = &file;
        best_rank = *rank;
      }
    }
    return best;
  }

  static const DistributionFile* find_source(std::span<const DistributionFile> files, bool pinned) {
    const auto found = std::find_if(files.begin(), files.end(), [&](const DistributionFile& file) {
      return !file.wheel && may_take(file, pinned);
    });
    return found == files.end() ? nullptr : &*found;
  }

  std::string why_not(std::span<const DistributionFile> files, bool pinned) const {
    const bool all_yanked = std::none_of(files.begin(), files.end(),
                                         [&](const auto& file) { return may_take(file, pinned); });
    if (all_yanked) {
      const std::string& reason = *files.front().file.yanked;
      return reason.empty() ? "it was yanked" : fmt::format("it was yanked: {}", reason);
    }
    const bool has_wheel = std::any_of(files.begin(), files.end(),
                                       [](const auto& file) { return file.wheel.has_value(); });
    const bool has_source =
        std::any_of(files.begin(), files.end(), [](const auto& file) { return !file.wheel; });
    if (has_wheel && !takes_wheels_) return "its wheels may not be taken";
    if (!has_wheel) return "it has only a source distribution";
    return has_source ? "it has no wheel for the target, only a source distribution"
                      : "it has no wheel for the target";
  }

  const std::vector<SpecifierSet>& direct_;
  const VersionChoice& choice_;
  bool takes_wheels_;
  bool takes_sources_;
};

}  // namespace

std::vector<ProjectVersion> list_versions(std::string_view project, const ProjectFiles& files,
                                          const std::vector<SpecifierSet>& direct,
                                          const VersionChoice& choice) {
  const VersionReader reader(project, direct, choice);
  std::vector<ProjectVersion> out;
  const std::span<const DistributionFile> all = files.files;
  for (std::size_t begin = 0; begin < all.size();) {
    std::size_t end = begin + 1;
    while (end < all.size() && all[end].version == all[begin].version) ++end;
    reader.read(all.subspan(begin, end - begin), out);
    begin = end;
  }
  const bool asked = choice.prereleases ||
                     std::any_of(direct.begin(), direct.end(), [](const SpecifierSet& specifiers) {
                       return specifiers.asks_for_prereleases();
                     });
  const bool has_final = std::any_of(out.begin(), out.end(), [](const ProjectVersion& version) {
    return !version.version->is_prerelease();
  });
  if (asked || !has_final) return out;
  for (ProjectVersion& version : out) {
    if (version.version->is_prerelease() && version.excluded.empty()) {
      version.excluded = "it is a pre-release";
    }
  }
  return out;
}

}  // namespace kasane::resolver::pypi
