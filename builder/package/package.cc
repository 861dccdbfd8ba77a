#include "builder/package/package.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/archive/entry_path.h"
#include "base/error.h"
#include "base/utf8.h"
#include "builder/package/conda_layout.h"
#include "builder/package/conda_package.h"
#include "builder/package/wheel_package.h"

namespace kasane::builder {
namespace {

using nlohmann::json;

constexpr std::array<std::pair<PackageFacts::Kind, std::string_view>, 4> kKinds = {{
    {PackageFacts::Kind::kConda, "conda"},
    {PackageFacts::Kind::kCondaNoarchPython, "conda-noarch-python"},
    {PackageFacts::Kind::kCondaNoarchGeneric, "conda-noarch-generic"},
    {PackageFacts::Kind::kWheel, "wheel"},
}};

PackageFacts::Kind parse_kind(const std::string& text) {
  for (const auto& [kind, name] : kKinds) {
    if (name == text) return kind;
  }
  throw Error(ErrorKind::kIntegrity, fmt::format("unknown kind of package `{}`", text));
}

std::string_view render_kind(PackageFacts::Kind kind) {
  for (const auto& [known, name] : kKinds) {
    if (known == kind) return name;
  }
  return "unknown";
}

/// Each line begins with its line break.
std::vector<PackagePath> parse_paths(std::string_view lines) {
  std::vector<PackagePath> paths;
  paths.reserve(static_cast<std::size_t>(std::count(lines.begin(), lines.end(), '\n')));
  while (!lines.empty()) {
    lines.remove_prefix(1);
    const std::string_view line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(line.size());
    const std::size_t space = std::min(line.find(' '), line.size());
    PackagePath path;
    path.directory = line.substr(0, space) == "-";
    const auto number = std::from_chars(line.data(), line.data() + space, path.size_bytes);
    const bool sound = path.directory || (number.ec == std::errc() && number.ptr == &line[space]);
    if (space == line.size() || !sound) {
      throw Error(ErrorKind::kIntegrity, "these are not the facts of a package: a path's line");
    }
    path.path = line.substr(space + 1);
    paths.push_back(std::move(path));
  }
  return paths;
}

}  // namespace

std::uint64_t PackageFacts::installed_size_bytes() const {
  std::uint64_t sum = 0;
  for (const PackagePath& path : paths) sum += path.size_bytes;
  return sum;
}

// A line of JSON, and then a line for each path, of which there may be a hundred thousand: its
// size, or `-` for a directory, and the path.
std::string PackageFacts::render() const {
  json head = {{"build", build},
               {"depends", depends},
               {"entry_points", entry_points},
               {"kind", render_kind(kind)},
               {"link_scripts", link_scripts},
               {"name", name},
               {"version", version}};
  if (python) {
    head["python"] = {{"version", python->version}, {"site_packages", python->site_packages}};
  }
  std::string out;
  try {
    out = head.dump();
  } catch (const json::exception& error) {
    throw Error(ErrorKind::kRefused, fmt::format("the facts of package `{}` are not UTF-8: {}",
                                                 printable_name(name), error.what()));
  }
  for (const PackagePath& path : paths) {
    if (!is_utf8(path.path)) {
      throw Error(ErrorKind::kRefused,
                  fmt::format("package `{}` has a path that is not UTF-8: `{}`",
                              printable_name(name), printable_name(path.path)));
    }
    if (path.directory) {
      fmt::format_to(std::back_inserter(out), "\n- {}", path.path);
    } else {
      fmt::format_to(std::back_inserter(out), "\n{} {}", path.size_bytes, path.path);
    }
  }
  return out;
}

PackageFacts PackageFacts::parse(std::string_view text) {
  const std::size_t head_end = std::min(text.find('\n'), text.size());
  try {
    const json in = json::parse(text.substr(0, head_end));
    PackageFacts facts;
    facts.kind = parse_kind(in.at("kind").get<std::string>());
    in.at("name").get_to(facts.name);
    in.at("version").get_to(facts.version);
    in.at("build").get_to(facts.build);
    in.at("depends").get_to(facts.depends);
    in.at("entry_points").get_to(facts.entry_points);
    in.at("link_scripts").get_to(facts.link_scripts);
    if (in.contains("python")) {
      facts.python = PythonLayout{in["python"].at("version").get<std::string>(),
                                  in["python"].at("site_packages").get<std::string>()};
    }
    text.remove_prefix(head_end);
    facts.paths = parse_paths(text);
    return facts;
  } catch (const json::exception& error) {
    throw Error(ErrorKind::kIntegrity,
                fmt::format("these are not the facts of a package: {}", error.what()));
  }
}

std::vector<PackagePath> installed_paths(const PackageFacts& facts, const PackageOrigin& origin,
                                         const InstallTarget& target) {
  return in_context([&] { return fmt::format("in package `{}`", printable_name(facts.name)); },
                    [&] {
                      return facts.kind == PackageFacts::Kind::kWheel
                                 ? wheel_installed_paths(facts, origin, target)
                                 : conda_installed_paths(facts, target);
                    });
}

std::unique_ptr<Package> open_package(const ReadableFile& file, std::string_view file_name) {
  if (file_name.ends_with(".conda")) {
    return std::make_unique<CondaPackage>(file, file_name, CondaArchive::Format::kConda);
  }
  if (file_name.ends_with(".tar.bz2")) {
    return std::make_unique<CondaPackage>(file, file_name, CondaArchive::Format::kTarBz2);
  }
  if (file_name.ends_with(".whl")) return open_wheel(file, file_name);
  throw Error(ErrorKind::kUsage,
              fmt::format("`{}` is no package: its name ends in none of `.conda`, `.tar.bz2` and "
                          "`.whl`",
                          printable_name(file_name)));
}

}  // namespace kasane::builder
