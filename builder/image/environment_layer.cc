#include "builder/image/environment_layer.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "base/archive/tar_writer.h"
#include "builder/fragment/tar_segment.h"
#include "builder/plan/stated_order.h"

namespace kasane::builder {
namespace {

constexpr std::string_view kEnvironmentsFile = "root/.conda/environments.txt";

/// The members of the layer by path, so that they come sorted.
class Members {
 public:
  explicit Members(std::int64_t time) : time_(time) {}

  void add_file(std::string path, std::string bytes) {
    const std::uint64_t size = bytes.size();
    TarMember member{TarMember::Type::kFile, path, 0644, size, time_, {}};
    members_.insert_or_assign(std::move(path), std::pair(std::move(member), std::move(bytes)));
  }

  void add_link(const std::string& path, std::string target) {
    TarMember member{TarMember::Type::kSymlink, path, 0777, 0, time_, std::move(target)};
    members_.insert_or_assign(path, std::pair(std::move(member), std::string()));
  }

  void add_directory(const std::string& path, std::uint32_t mode) {
    TarMember member{TarMember::Type::kDirectory, path, mode, 0, time_, {}};
    members_.insert_or_assign(path, std::pair(std::move(member), std::string()));
  }

  std::string render() const {
    std::string out;
    for (const auto& [path, member] : members_) {
      append_tar_header(out, member.first);
      out += member.second;
      out.append(tar_padding(member.second.size()), '\0');
    }
    return out;
  }

 private:
  std::int64_t time_;
  std::map<std::string, std::pair<TarMember, std::string>> members_;
};

/// `NAME CONSTRAINT` as a lock has it: the name, and the rest.
std::pair<std::string, std::string> split_requirement(const std::string& text, bool wheel) {
  const std::string name = wheel ? wheel_name(text) : conda_name(text);
  const std::size_t space = text.find_first_of(wheel ? " <>=!~;[(" : " ");
  if (space == std::string::npos) return {name, ""};
  std::string rest = text.substr(text[space] == ' ' ? space + 1 : space);
  return {name, std::move(rest)};
}

/// The channel of a conda package's URL: all before the platform and the file name.
std::string channel_of(std::string_view url) {
  for (int i = 0; i < 2; ++i) {
    const std::size_t slash = url.rfind('/');
    if (slash == std::string_view::npos) return std::string(url);
    url = url.substr(0, slash);
  }
  return std::string(url);
}

/// conda's own record of what was done (its format: docs/formats/images.md).
std::string history(const ImagePlan& plan) {
  std::string out = "==> 1970-01-01 00:00:00 <==\n# cmd: kasane build\n";
  std::vector<std::string> lines;
  for (const PlannedPackage& package : plan.packages) {
    if (package.facts.kind == PackageFacts::Kind::kWheel) continue;
    lines.push_back(fmt::format("+{}::{}-{}-{}\n", channel_of(package.locked.url),
                                package.facts.name, package.facts.version, package.facts.build));
  }
  std::sort(lines.begin(), lines.end());
  for (const std::string& line : lines) out += line;
  return out;
}

std::string link_target(const ImagePlan& plan) {
  constexpr std::string_view kHome = "/azureml-envs/";
  const std::string& prefix = plan.options.prefix;
  if (prefix.starts_with(kHome) && prefix.find('/', kHome.size()) == std::string::npos) {
    return prefix.substr(kHome.size());
  }
  return prefix;
}

void add_conda_list(Members& members, const ImagePlan& plan, const BaseFacts& base) {
  if (!base.directories.contains("root")) members.add_directory("root", 0700);
  if (!base.directories.contains("root/.conda")) members.add_directory("root/.conda", 0755);
  std::string lines = base.environments_text.value_or("");
  if (!lines.empty() && lines.back() != '\n') lines += '\n';
  members.add_file(std::string(kEnvironmentsFile), lines + plan.environment_path() + "\n");
}

}  // namespace

std::string canonical_lock(const ImagePlan& plan) {
  resolver::Lock lock{
      resolver::LockFormat::kCondaLock, plan.platform, {}, {}, {}, {}, {}, Digest::of("")};
  std::set<std::string> channels;
  for (const PlannedPackage& planned : plan.packages) {
    const bool wheel = planned.facts.kind == PackageFacts::Kind::kWheel;
    resolver::LockedPackage package = planned.locked;
    package.category = "main";
    package.line = 0;
    package.dependencies.clear();
    for (const std::string& requirement : planned.facts.depends) {
      package.dependencies.insert(split_requirement(requirement, wheel));
    }
    lock.packages.push_back(std::move(package));
    if (!wheel) channels.insert(channel_of(planned.locked.url));
  }
  for (const std::string& channel : channels) lock.channels.push_back({channel, {}});
  return resolver::write_lock({&lock, 1});
}

Inventory make_inventory(const ImagePlan& plan, const std::vector<PackageOutcome>& outcomes) {
  Inventory inventory{plan.id.hex(),
                      plan.options.prefix,
                      kLayoutVersion,
                      plan.python ? plan.python->version : "",
                      {}};
  for (std::size_t i = 0; i < plan.packages.size(); ++i) {
    const PlannedPackage& planned = plan.packages[i];
    const PackageOutcome& outcome = outcomes[i];
    std::vector<std::string> files;
    files.reserve(planned.paths.size() + outcome.compiled.size());
    for (const PackagePath& path : planned.paths) {
      if (path.directory) continue;
      if (!std::binary_search(outcome.dropped.begin(), outcome.dropped.end(), path.path)) {
        files.push_back(path.path);
      }
    }
    const auto installed = static_cast<std::ptrdiff_t>(files.size());
    files.insert(files.end(), outcome.compiled.begin(), outcome.compiled.end());
    std::sort(files.begin() + installed, files.end());
    std::inplace_merge(files.begin(), files.begin() + installed, files.end());
    files.erase(std::unique(files.begin(), files.end()), files.end());
    const bool wheel = planned.facts.kind == PackageFacts::Kind::kWheel;
    inventory.packages.push_back({wheel ? "pip" : "conda", planned.facts.name,
                                  planned.facts.version, planned.facts.build, planned.locked.url,
                                  *planned.locked.sha256, planned.facts.installed_size_bytes(),
                                  std::move(files)});
  }
  return inventory;
}

registry::KnownLayer write_environment_layer(const ImagePlan& plan, const BaseFacts& base,
                                             const std::string& lock, const Inventory& inventory,
                                             registry::ImageTarget& target) {
  const std::string root = plan.options.prefix.substr(1);
  std::set<std::string> directories;
  for (std::string path = root + "/conda-meta/kasane"; !path.empty();) {
    directories.insert(path);
    const std::size_t slash = path.rfind('/');
    path.resize(slash == std::string::npos ? 0 : slash);
  }
  directories.insert("azureml-envs");

  std::string compressed;
  make_chunk_compressor(CompressionMethod::gzip(2))->compress(inventory.render(), compressed);
  Members members(plan.options.time);
  members.add_link("azureml-envs/" + plan.id.name(), link_target(plan));
  members.add_file(root + "/conda-meta/history", history(plan));
  members.add_file(fmt::format("{}/{}", root, kLockPath), lock);
  members.add_file(fmt::format("{}/{}", root, kInventoryPath), std::move(compressed));
  add_conda_list(members, plan, base);

  LayerWriter writer(target, plan.options.compression);
  writer.append_directories(directories, plan.options.time);
  writer.append_plain(members.render());
  return writer.finish().value();
}

}  // namespace kasane::builder
