#include "resolver/conda/virtual_packages.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"

namespace kasane::resolver {
namespace {

CondaVersion read_version(std::string_view name, const std::string& text) {
  if (auto version = CondaVersion::find(text)) return *version;
  throw Error(ErrorKind::kUsage, fmt::format("expected a version of `{}`, found `{}`", name, text))
      .hint("write for example `2.31`");
}

/// The name that conda's platforms and the database of microarchitectures have in common.
std::string plain_microarchitecture(std::string_view platform) {
  const std::string_view processor = platform.substr(platform.find('-') + 1);
  return processor == "64" ? "x86_64" : std::string(processor);
}

}  // namespace

VirtualPackages VirtualPackages::of(std::string_view platform, const SystemFacts& facts) {
  VirtualPackages out;
  const auto add = [&](std::string name, const std::string& version, std::string build) {
    const CondaVersion read = read_version(name, version);
    out.packages_.push_back({std::move(name), read, std::move(build)});
  };
  add("__archspec", "1", facts.microarchitecture.value_or(plain_microarchitecture(platform)));
  if (facts.cuda) add("__cuda", *facts.cuda, "0");
  if (platform.starts_with("linux-")) {
    add("__glibc", facts.glibc, "0");
    add("__linux", facts.kernel, "0");
    add("__unix", "0", "0");
  }
  return out;
}

const VirtualPackage* VirtualPackages::find(std::string_view name) const {
  const auto found = std::find_if(packages_.begin(), packages_.end(),
                                  [&](const auto& package) { return package.name == name; });
  return found == packages_.end() ? nullptr : &*found;
}

bool VirtualPackages::satisfy(const MatchSpec& spec) const {
  const VirtualPackage* package = find(spec.name());
  return package != nullptr && spec.matches_nameless(fields_of(*package));
}

std::string VirtualPackages::render() const {
  std::string text;
  for (const VirtualPackage& package : packages_) {
    text += fmt::format("{}={}={}\n", package.name, package.version.text(), package.build);
  }
  return text;
}

bool is_virtual_name(std::string_view name) { return name.starts_with("__"); }

RecordFields fields_of(const VirtualPackage& package) {
  RecordFields fields;
  fields.name = package.name;
  fields.version = package.version.text();
  fields.version_key = package.version.key();
  fields.build = package.build;
  return fields;
}

}  // namespace kasane::resolver
