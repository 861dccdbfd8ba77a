#include "builder/plan/clobber.h"

#include <algorithm>
#include <bit>
#include <functional>
#include <map>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/archive/entry_path.h"
#include "base/error.h"

namespace kasane::builder {
namespace {

constexpr std::string_view kCache = "__pycache__/";

struct Owner {
  std::size_t package;
  bool directory;
};

/// The source that a path in a `__pycache__` belongs to; empty for any other path.
std::string source_of(std::string_view path) {
  const std::size_t cache = path.rfind(kCache);
  if (cache == std::string_view::npos || !path.ends_with(".pyc")) return {};
  const std::string_view file = path.substr(cache + kCache.size());
  return fmt::format("{}{}.py", path.substr(0, cache), file.substr(0, file.find('.')));
}

void refuse_file_and_directory(std::span<const PackageFiles> packages, std::string_view path,
                               std::size_t one, std::size_t other) {
  throw Error(ErrorKind::kRefused, fmt::format("`{}` is a file of `{}` and a directory of `{}`",
                                               path, packages[one].name, packages[other].name))
      .hint("these two packages cannot be in one environment; take one of them out");
}

/// Who brings a path, by path. Open addressing: there may be a million paths, and looking them up
/// is most of what planning costs. Borrows the paths.
class Owners {
 public:
  explicit Owners(std::size_t count) : slots_(std::bit_ceil(2 * count + 2)) {}

  /// The owner, which is `owner` where the path had none; and whether it had none.
  std::pair<Owner*, bool> add(std::string_view path, Owner owner) {
    Slot& slot = slots_[find_slot(path)];
    const bool added = slot.path.data() == nullptr;
    if (added) slot = {path, owner};
    return {&slot.owner, added};
  }

  const Owner* find(std::string_view path) const {
    const Slot& slot = slots_[find_slot(path)];
    return slot.path.data() == nullptr ? nullptr : &slot.owner;
  }

 private:
  struct Slot {
    std::string_view path;
    Owner owner;
  };

  /// Where the path is, or would be.
  std::size_t find_slot(std::string_view path) const {
    for (std::size_t hash = std::hash<std::string_view>()(path);; ++hash) {
      const std::size_t i = hash & (slots_.size() - 1);
      if (slots_[i].path.data() == nullptr || slots_[i].path == path) return i;
    }
  }

  std::vector<Slot> slots_;
};

/// Refuses a path that lies below what is a file of another package.
void check_parents(std::span<const PackageFiles> packages, const Owners& owners) {
  for (std::size_t i = 0; i < packages.size(); ++i) {
    std::string_view checked;
    for (const PackagePath& path : packages[i].paths) {
      std::string_view parent(path.path);
      for (;;) {
        const std::size_t slash = parent.rfind('/');
        if (slash == std::string_view::npos) break;
        parent = parent.substr(0, slash);
        if (is_at_or_below(checked, parent)) break;
        const Owner* const owner = owners.find(parent);
        if (owner != nullptr && !owner->directory) {
          refuse_file_and_directory(packages, parent, owner->package, i);
        }
      }
      checked = parent_of(path.path);
    }
  }
}

Warning clobber_warning(std::span<const PackageFiles> packages, std::size_t loser,
                        std::size_t winner, const std::vector<std::string>& paths) {
  std::string more;
  if (paths.size() > 1) more = fmt::format(" and {} more", paths.size() - 1);
  return {"clobber", fmt::format("`{}` and `{}` both bring `{}`{}; that of `{}` is taken",
                                 packages[loser].name, packages[winner].name, paths.front(), more,
                                 packages[winner].name)};
}

}  // namespace

Clobbers find_clobbers(std::span<const PackageFiles> packages) {
  std::size_t count = 0;
  for (const PackageFiles& package : packages) count += package.paths.size();
  Owners owners(count);
  Clobbers clobbers;
  clobbers.excluded.resize(packages.size());
  std::map<std::pair<std::size_t, std::size_t>, std::vector<std::string>> lost;

  for (std::size_t i = 0; i < packages.size(); ++i) {
    for (const PackagePath& path : packages[i].paths) {
      const auto [place, added] = owners.add(path.path, {i, path.directory});
      if (added) continue;
      Owner& owner = *place;
      if (owner.directory != path.directory) {
        const bool file_first = !owner.directory;
        refuse_file_and_directory(packages, path.path, file_first ? owner.package : i,
                                  file_first ? i : owner.package);
      }
      if (!path.directory && owner.package != i) {
        clobbers.excluded[owner.package].push_back(path.path);
        lost[{owner.package, i}].push_back(path.path);
      }
      owner.package = i;
    }
  }

  check_parents(packages, owners);

  for (std::size_t i = 0; i < packages.size(); ++i) {
    auto& excluded = clobbers.excluded[i];
    if (excluded.empty()) continue;
    std::sort(excluded.begin(), excluded.end());
    std::vector<std::string> byte_code;
    for (const PackagePath& path : packages[i].paths) {
      const std::string source = source_of(path.path);
      if (source.empty() || std::binary_search(excluded.begin(), excluded.end(), path.path))
        continue;
      if (std::binary_search(excluded.begin(), excluded.end(), source))
        byte_code.push_back(path.path);
    }
    excluded.insert(excluded.end(), byte_code.begin(), byte_code.end());
    std::sort(excluded.begin(), excluded.end());
  }
  for (auto& [pair, paths] : lost) {
    std::sort(paths.begin(), paths.end());
    clobbers.warnings.push_back(clobber_warning(packages, pair.first, pair.second, paths));
  }
  return clobbers;
}

}  // namespace kasane::builder
