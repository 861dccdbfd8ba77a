#include <algorithm>
#include <cctype>
#include <iterator>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "resolver/lock/lock.h"
#include "resolver/lock/yaml_scalar.h"

namespace kasane::resolver {
namespace {

struct Row {
  const LockedPackage* package;
  std::string_view platform;

  auto key() const {
    return std::tie(package->manager, package->name, package->category, platform);
  }
};

using Out = std::back_insert_iterator<std::string>;

void write_list(Out out, std::string_view indent, std::string_view key,
                const std::vector<std::string>& items) {
  if (items.empty()) {
    fmt::format_to(out, "{}{}: []\n", indent, key);
    return;
  }
  fmt::format_to(out, "{}{}:\n", indent, key);
  for (const std::string& item : items) {
    fmt::format_to(out, "{}- {}\n", indent, render_yaml_scalar(item));
  }
}

void write_channels(Out out, std::span<const Lock> locks) {
  std::vector<LockChannel> channels;
  for (const Lock& lock : locks) {
    for (const LockChannel& channel : lock.channels) {
      const bool known = std::find(channels.begin(), channels.end(), channel) != channels.end();
      if (!known) channels.push_back(channel);
    }
  }
  fmt::format_to(out, "  channels:{}\n", channels.empty() ? " []" : "");
  for (const LockChannel& channel : channels) {
    fmt::format_to(out, "  - url: {}\n", render_yaml_scalar(channel.url));
    write_list(out, "    ", "used_env_vars", channel.used_env_vars);
  }
}

void write_metadata(Out out, std::span<const Lock> locks) {
  std::vector<std::string> platforms;
  std::vector<std::string> sources;
  for (const Lock& lock : locks) {
    platforms.push_back(lock.platform);
    for (const std::string& source : lock.sources) {
      if (std::find(sources.begin(), sources.end(), source) == sources.end()) {
        sources.push_back(source);
      }
    }
  }
  const bool hashed = std::any_of(locks.begin(), locks.end(),
                                  [](const Lock& lock) { return !lock.content_hash.empty(); });
  fmt::format_to(out, "metadata:\n  content_hash:{}\n", hashed ? "" : " {}");
  for (const Lock& lock : locks) {
    if (lock.content_hash.empty()) continue;
    fmt::format_to(out, "    {}: {}\n", lock.platform, render_yaml_scalar(lock.content_hash));
  }
  write_channels(out, locks);
  write_list(out, "  ", "platforms", platforms);
  write_list(out, "  ", "sources", sources);
}

void write_package(Out out, const Row& row) {
  const LockedPackage& package = *row.package;
  const bool pip = package.manager == Manager::kPip;
  fmt::format_to(out, "- name: {}\n  version: {}\n  manager: {}\n  platform: {}\n",
                 render_yaml_scalar(package.name), render_yaml_scalar(package.version),
                 pip ? "pip" : "conda", row.platform);
  fmt::format_to(out, "  dependencies:{}\n", package.dependencies.empty() ? " {}" : "");
  for (const auto& [name, requirement] : package.dependencies) {
    fmt::format_to(out, "    {}: {}\n", render_yaml_scalar(name), render_yaml_scalar(requirement));
  }
  fmt::format_to(out, "  url: {}\n  hash:\n", render_yaml_scalar(package.url));
  if (package.md5) fmt::format_to(out, "    md5: {}\n", render_yaml_scalar(package.md5->hex()));
  if (package.sha256) {
    fmt::format_to(out, "    sha256: {}\n", render_yaml_scalar(package.sha256->hex()));
  }
  if (!package.build.empty()) {
    fmt::format_to(out, "  build: {}\n", render_yaml_scalar(package.build));
  }
  fmt::format_to(out, "  category: {}\n  optional: {}\n", render_yaml_scalar(package.category),
                 package.category != "main");
}

}  // namespace

std::string write_lock(std::span<const Lock> locks) {
  std::vector<Lock> ordered(locks.begin(), locks.end());
  std::sort(ordered.begin(), ordered.end(),
            [](const Lock& a, const Lock& b) { return a.platform < b.platform; });
  std::vector<Row> rows;
  for (const Lock& lock : ordered) {
    for (const LockedPackage& package : lock.packages) rows.push_back({&package, lock.platform});
  }
  std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.key() < b.key(); });
  std::string text = "version: 1\n";
  const Out out(text);
  write_metadata(out, ordered);
  fmt::format_to(out, "package:{}\n", rows.empty() ? " []" : "");
  for (const Row& row : rows) write_package(out, row);
  return text;
}

}  // namespace kasane::resolver
