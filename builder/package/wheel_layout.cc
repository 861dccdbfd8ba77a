#include "builder/package/wheel_layout.h"

#include <algorithm>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "base/archive/entry_path.h"
#include "base/error.h"
#include "resolver/pypi/distribution_name.h"

namespace kasane::builder {
namespace {

using resolver::pypi::normalise_name;

constexpr std::string_view kDistInfo = ".dist-info";
constexpr std::string_view kData = ".data";

std::string_view first_part(std::string_view path) { return path.substr(0, path.find('/')); }

std::string join(std::string_view directory, std::string_view rest) {
  return fmt::format("{}/{}", directory, rest);
}

/// Below the prefix, the path of `rest` in the scheme of a `.data` directory.
std::string scheme_path(std::string_view scheme, std::string_view rest, const PackageFacts& facts,
                        const PythonLayout& python, std::string_view whole) {
  if (scheme == "purelib" || scheme == "platlib") return join(python.site_packages, rest);
  if (scheme == "scripts") return join("bin", rest);
  if (scheme == "headers") {
    return fmt::format("include/python{}/{}/{}", python.version, facts.name, rest);
  }
  if (scheme == "data") return std::string(rest);
  throw Error(ErrorKind::kRefused,
              fmt::format("entry `{}` has the unknown scheme `{}`, expected purelib, platlib, "
                          "scripts, headers or data",
                          whole, scheme));
}

WheelLayout::File place_file(const PackagePath& packaged, const PackageFacts& facts,
                             const PythonLayout& python) {
  const std::string& source = packaged.path;
  const std::string_view top = first_part(source);
  if (!top.ends_with(kData) || top.size() == source.size()) {
    return {source, join(python.site_packages, source), packaged.size_bytes, false};
  }
  const std::string_view inner = std::string_view(source).substr(top.size() + 1);
  const std::string_view scheme = first_part(inner);
  if (scheme.size() == inner.size()) {
    throw Error(ErrorKind::kRefused, fmt::format("entry `{}` belongs to no scheme", source));
  }
  const std::string_view rest = inner.substr(scheme.size() + 1);
  return {source, scheme_path(scheme, rest, facts, python, source), packaged.size_bytes,
          scheme == "scripts"};
}

/// Names that end in `.exe`, `-script.py` and the like are launchers of another system; pip leaves
/// them out where an entry point makes the command.
bool is_old_launcher(const WheelLayout::File& file, const std::set<std::string>& commands) {
  if (!file.script) return false;
  std::string_view name = std::string_view(file.path).substr(4);
  for (const std::string_view ending : {".exe", "-script.py", "-script.pyw"}) {
    if (name.ends_with(ending)) {
      name.remove_suffix(ending.size());
      break;
    }
  }
  return commands.contains(std::string(name));
}

/// Whether `name` is `stem` with a version: `pip3` and `pip3.9` are, of `pip`.
bool is_versioned(std::string_view name, std::string_view stem) {
  return name.starts_with(stem) && name.size() > stem.size() &&
         name.find_first_not_of("0123456789.", stem.size()) == std::string_view::npos;
}

/// pip and setuptools name commands by the Python that built their wheel. As pip does, those are
/// made anew for the Python at hand.
std::vector<EntryPoint> commands_for(const PackageFacts& facts, const std::string& version) {
  std::vector<EntryPoint> given;
  for (const std::string& text : facts.entry_points) given.push_back(EntryPoint::parse(text));
  struct Versioned {
    std::string_view stem;
    std::string_view versioned_stem;
    std::vector<std::string> names;
  };
  const Versioned rules[] = {
      {"pip", "pip", {"pip" + version.substr(0, version.find('.')), "pip" + version}},
      {"easy_install", "easy_install-", {"easy_install-" + version}},
  };
  std::vector<EntryPoint> made;
  for (const EntryPoint& entry_point : given) {
    const bool replaced =
        std::any_of(std::begin(rules), std::end(rules), [&](const Versioned& rule) {
          return is_versioned(entry_point.name, rule.versioned_stem) &&
                 std::any_of(given.begin(), given.end(),
                             [&](const EntryPoint& other) { return other.name == rule.stem; });
        });
    if (replaced) continue;
    made.push_back(entry_point);
    for (const Versioned& rule : rules) {
      if (entry_point.name != rule.stem) continue;
      for (const std::string& name : rule.names) {
        made.push_back(entry_point);
        made.back().name = name;
      }
    }
  }
  return made;
}

void check_disjoint(const std::vector<PackagePath>& sorted) {
  std::set<std::string_view> all;
  for (const PackagePath& path : sorted) {
    if (!all.insert(path.path).second) {
      throw Error(ErrorKind::kRefused, fmt::format("two entries are installed at `{}`", path.path));
    }
  }
  for (const std::string_view path : all) {
    for (std::size_t slash = path.find('/'); slash != std::string_view::npos;
         slash = path.find('/', slash + 1)) {
      if (all.contains(path.substr(0, slash))) {
        throw Error(ErrorKind::kRefused,
                    fmt::format("`{}` is installed both as a file and as a directory",
                                path.substr(0, slash)));
      }
    }
  }
}

}  // namespace

std::string WheelLayout::in_dist_info(std::string_view name) const {
  return fmt::format("{}/{}/{}", site_packages, dist_info, name);
}

WheelLayout WheelLayout::make(const PackageFacts& facts, const PackageOrigin& origin,
                              const InstallTarget& target) {
  if (!target.python) {
    throw Error(
        ErrorKind::kUnsatisfiable,
        fmt::format("wheel of `{}` needs Python, and there is none in the environment", facts.name))
        .hint("add `python` to the environment");
  }
  WheelLayout layout;
  layout.dist_info = find_dist_info(facts.paths, facts.name);
  layout.site_packages = target.python->site_packages;
  layout.python = "bin/python" + target.python->version;
  std::set<std::string> commands;
  for (EntryPoint& command : commands_for(facts, target.python->version)) {
    commands.insert(command.name);
    std::string path = "bin/" + command.name;
    layout.launchers.push_back({std::move(path), std::move(command)});
  }
  // What tells of an installation is ours to say; a wheel that ships it tells of another one.
  const std::set<std::string> anew = {"INSTALLER", "RECORD", "REQUESTED", "direct_url.json"};
  for (const PackagePath& path : facts.paths) {
    if (path.directory) continue;
    const std::string_view top = first_part(path.path);
    if (top == layout.dist_info && anew.contains(path.path.substr(top.size() + 1))) continue;
    File file = place_file(path, facts, *target.python);
    if (!is_old_launcher(file, commands)) layout.files.push_back(std::move(file));
  }
  layout.generated.push_back(layout.in_dist_info("INSTALLER"));
  if (origin.requested) layout.generated.push_back(layout.in_dist_info("REQUESTED"));
  if (origin.direct) layout.generated.push_back(layout.in_dist_info("direct_url.json"));
  layout.generated.push_back(layout.in_dist_info("RECORD"));
  check_disjoint(layout.installed_paths());
  return layout;
}

std::vector<PackagePath> WheelLayout::installed_paths() const {
  std::vector<PackagePath> paths;
  for (const std::string& path : generated) paths.push_back({path, 0, false});
  for (const File& file : files) paths.push_back({file.path, file.size_bytes, false});
  for (const Launcher& launcher : launchers) paths.push_back({launcher.path, 0, false});
  std::sort(paths.begin(), paths.end(),
            [](const PackagePath& a, const PackagePath& b) { return a.path < b.path; });
  return paths;
}

std::string find_dist_info(const std::vector<PackagePath>& paths, std::string_view distribution) {
  std::set<std::string> found;
  for (const PackagePath& path : paths) {
    const std::string_view top = first_part(path.path);
    if (top.ends_with(kDistInfo) && (top.size() < path.path.size() || path.directory)) {
      found.emplace(top);
    }
  }
  if (found.empty()) throw Error(ErrorKind::kIntegrity, "no `.dist-info` directory");
  if (found.size() > 1) {
    throw Error(ErrorKind::kIntegrity, fmt::format("two `.dist-info` directories: `{}` and `{}`",
                                                   *found.begin(), *std::next(found.begin())));
  }
  const std::string& name = *found.begin();
  const std::string stem = name.substr(0, name.size() - kDistInfo.size());
  if (normalise_name(stem.substr(0, stem.rfind('-'))) != normalise_name(distribution)) {
    throw Error(ErrorKind::kIntegrity,
                fmt::format("`{}` does not belong to `{}`", name, distribution));
  }
  return name;
}

}  // namespace kasane::builder
