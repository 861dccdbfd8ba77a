#include "builder/package/package.h"

#include <array>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/archive/entry_path.h"
#include "base/error.h"
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

}  // namespace

std::uint64_t PackageFacts::installed_size_bytes() const {
  std::uint64_t sum = 0;
  for (const PackagePath& path : paths) sum += path.size_bytes;
  return sum;
}

std::string PackageFacts::render() const {
  json listed = json::array();
  for (const PackagePath& path : paths) {
    listed.push_back(path.directory ? json::array({path.path})
                                    : json::array({path.path, path.size_bytes}));
  }
  json out = {{"build", build},
              {"depends", depends},
              {"entry_points", entry_points},
              {"kind", render_kind(kind)},
              {"link_scripts", link_scripts},
              {"name", name},
              {"paths", std::move(listed)},
              {"version", version}};
  if (python) {
    out["python"] = {{"version", python->version}, {"site_packages", python->site_packages}};
  }
  try {
    return out.dump();
  } catch (const json::exception& error) {
    throw Error(ErrorKind::kRefused, fmt::format("the facts of package `{}` are not UTF-8: {}",
                                                 printable_name(name), error.what()));
  }
}

PackageFacts PackageFacts::parse(std::string_view text) {
  try {
    const json in = json::parse(text);
    PackageFacts facts;
    facts.kind = parse_kind(in.at("kind").get<std::string>());
    in.at("name").get_to(facts.name);
    in.at("version").get_to(facts.version);
    in.at("build").get_to(facts.build);
    in.at("depends").get_to(facts.depends);
    in.at("entry_points").get_to(facts.entry_points);
    in.at("link_scripts").get_to(facts.link_scripts);
    for (const json& listed : in.at("paths")) {
      PackagePath path;
      listed.at(0).get_to(path.path);
      path.directory = listed.size() == 1;
      if (!path.directory) listed.at(1).get_to(path.size_bytes);
      facts.paths.push_back(std::move(path));
    }
    if (in.contains("python")) {
      facts.python = PythonLayout{in["python"].at("version").get<std::string>(),
                                  in["python"].at("site_packages").get<std::string>()};
    }
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
