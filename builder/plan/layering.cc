#include "builder/plan/layering.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "base/digest.h"
#include "base/error.h"

namespace kasane::builder {
namespace {

struct Member {
  Digest hash;
  std::size_t package;
  std::uint64_t size_bytes;
};

bool bit_at(const Digest& hash, std::size_t index) {
  return (hash.raw()[index / 8] >> (7 - index % 8) & 1) != 0;
}

/// Cuts `members`, which are sorted by hash and agree in their first `depth` bits, into groups of
/// at most `limit` bytes by the next bits of the hash: a binary trie. What is added or removed on
/// one branch leaves the others as they are.
void cut_group(std::span<const Member> members, std::size_t depth, std::uint64_t limit,
               std::vector<std::vector<LayerMember>>& groups) {
  if (members.empty()) return;
  std::uint64_t total = 0;
  for (const Member& member : members) total += member.size_bytes;
  if (total <= limit || members.size() == 1 || depth == 256) {
    auto& group = groups.emplace_back();
    for (const Member& member : members) group.push_back({member.package, 0});
    return;
  }
  const auto middle = std::partition_point(members.begin(), members.end(),
                                           [&](const Member& m) { return !bit_at(m.hash, depth); });
  const auto left = static_cast<std::size_t>(middle - members.begin());
  cut_group(members.first(left), depth + 1, limit, groups);
  cut_group(members.subspan(left), depth + 1, limit, groups);
}

/// The paths at which a package's files are cut, so that no part with several files is larger than
/// `limit`.
std::vector<std::string> find_bounds(const LayeringInput& package, std::uint64_t limit) {
  std::vector<std::string> bounds;
  if (package.size_bytes <= limit || package.paths == nullptr) return bounds;
  std::uint64_t filled = 0;
  for (const PackagePath& path : *package.paths) {
    if (filled > 0 && filled + path.size_bytes > limit) {
      bounds.push_back(path.path);
      filled = 0;
    }
    filled += path.size_bytes;
  }
  return bounds;
}

struct Attempt {
  std::vector<std::vector<LayerMember>> layers;
};

/// The layers of one class: large packages by name, then the groups in the order of the trie.
void append_class(std::span<const LayeringInput> packages, const std::vector<std::size_t>& members,
                  const std::vector<std::vector<std::string>>& bounds, std::uint64_t group_bytes,
                  std::vector<std::vector<LayerMember>>& layers) {
  std::vector<Member> small;
  for (const std::size_t index : members) {
    const LayeringInput& package = packages[index];
    if (package.size_bytes < group_bytes / 2) {
      small.push_back({Digest::of(package.name), index, package.size_bytes});
      continue;
    }
    for (std::size_t part = 0; part <= bounds[index].size(); ++part) {
      layers.push_back({{index, part}});
    }
  }
  std::sort(small.begin(), small.end(),
            [](const Member& a, const Member& b) { return a.hash < b.hash; });
  cut_group(small, 0, group_bytes, layers);
}

}  // namespace

Layering find_layering(std::span<const LayeringInput> packages, const LayeringRules& rules) {
  Layering layering;
  std::map<LayeringInput::Class, std::vector<std::size_t>> classes;
  for (std::size_t i = 0; i < packages.size(); ++i) classes[packages[i].stability].push_back(i);
  for (auto& [stability, members] : classes) {
    std::sort(members.begin(), members.end(),
              [&](std::size_t a, std::size_t b) { return packages[a].name < packages[b].name; });
  }

  std::uint64_t total = 1;
  for (const LayeringInput& package : packages) total += package.size_bytes;
  std::uint64_t group_bytes = rules.group_bytes;
  std::uint64_t part_bytes = rules.part_bytes;
  for (;;) {
    layering.layers.clear();
    layering.bounds.clear();
    for (const LayeringInput& package : packages) {
      layering.bounds.push_back(find_bounds(package, std::max(part_bytes, group_bytes)));
    }
    for (const auto& [stability, members] : classes) {
      append_class(packages, members, layering.bounds, group_bytes, layering.layers);
    }
    if (layering.layers.size() <= rules.max_layers) return layering;
    if (group_bytes / 4 > total) break;
    group_bytes *= 2;
    part_bytes *= 2;
  }
  throw Error(ErrorKind::kRefused,
              fmt::format("the packages need at least {} layers, {} are allowed",
                          layering.layers.size(), rules.max_layers))
      .hint("raise `--max-layers`, or take a base image with fewer layers");
}

}  // namespace kasane::builder
