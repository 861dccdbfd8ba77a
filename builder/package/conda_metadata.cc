#include "builder/package/conda_metadata.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/archive/entry_path.h"
#include "base/error.h"
#include "builder/package/conda_paths.h"

namespace kasane::builder {
namespace {

using nlohmann::json;

constexpr std::string_view kIndex = "info/index.json";
constexpr std::string_view kLink = "info/link.json";
constexpr std::string_view kPaths = "info/paths.json";
constexpr std::string_view kFiles = "info/files";
constexpr std::string_view kHasPrefix = "info/has_prefix";
constexpr std::string_view kNoLink = "info/no_link";

json parse_object(std::string_view path, const std::string& text) {
  try {
    json value = json::parse(text);
    if (value.is_object()) return value;
  } catch (const json::exception& error) {
    throw Error(ErrorKind::kIntegrity, fmt::format("`{}` is not JSON: {}", path, error.what()));
  }
  throw Error(ErrorKind::kIntegrity, fmt::format("`{}` is not a JSON object", path));
}

std::string find_text(const CondaInfoFiles& files, std::string_view path) {
  const auto found = files.find(path);
  return found == files.end() ? std::string() : found->second;
}

/// A name, version or build: they make up the name of a file.
std::string read_word(const json& index, const char* key) {
  const auto found = index.find(key);
  if (found == index.end() || !found->is_string()) {
    throw Error(ErrorKind::kIntegrity, fmt::format("`{}` has no text `{}`", kIndex, key));
  }
  std::string value = found->get<std::string>();
  const bool plain = !value.empty() && value != "." && value != ".." && value.size() <= 120 &&
                     std::all_of(value.begin(), value.end(), [](char c) {
                       return c > 0x20 && c != 0x7f && c != '/' && c != '\\';
                     });
  if (!plain) {
    throw Error(ErrorKind::kRefused,
                fmt::format("`{}` has an unusable `{}`: `{}`", kIndex, key, printable_name(value)));
  }
  return value;
}

std::vector<std::string> read_texts(const json& object, const char* key, std::string_view file) {
  std::vector<std::string> out;
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return out;
  const bool texts = found->is_array() && std::all_of(found->begin(), found->end(),
                                                      [](auto& x) { return x.is_string(); });
  if (!texts) {
    throw Error(ErrorKind::kIntegrity,
                fmt::format("`{}` of `{}` is not a list of texts", key, file));
  }
  return found->template get<std::vector<std::string>>();
}

/// The stated kind of a noarch package; old ones have `true` for a generic one.
std::optional<PackageFacts::Kind> find_noarch_kind(const json& value) {
  if (value == "python") return PackageFacts::Kind::kCondaNoarchPython;
  if (value == true || value.is_string()) return PackageFacts::Kind::kCondaNoarchGeneric;
  return std::nullopt;
}

/// link.json matters to packages that say, or do not deny, that they are noarch Python ones.
bool wants_link_json(const json& index) {
  const auto noarch = index.find("noarch");
  if (noarch != index.end() && !noarch->is_null()) return *noarch == "python";
  const auto subdir = index.find("subdir");
  return subdir != index.end() && *subdir == "noarch";
}

PythonLayout read_python_layout(const json& index, const std::string& version) {
  const std::size_t dot = version.find('.');
  const std::size_t end =
      dot == std::string::npos
          ? dot
          : std::min(version.find_first_not_of("0123456789", dot + 1), version.size());
  const bool numeric = dot != std::string::npos && dot > 0 && end > dot + 1 &&
                       version.find_first_not_of("0123456789") == dot;
  if (!numeric) {
    throw Error(ErrorKind::kIntegrity,
                fmt::format("the version of `python` is not of the form `3.11`: `{}`", version));
  }
  PythonLayout layout;
  layout.version = version.substr(0, end);
  layout.site_packages = fmt::format("lib/python{}/site-packages", layout.version);
  const auto stated = index.find("python_site_packages_path");
  if (stated != index.end() && !stated->is_null()) {
    if (!stated->is_string()) {
      throw Error(ErrorKind::kIntegrity,
                  fmt::format("`python_site_packages_path` of `{}` is not a text", kIndex));
    }
    in_context([] { return fmt::format("in `python_site_packages_path` of `{}`", kIndex); },
               [&] {
                 layout.site_packages =
                     normalise_entry_path(stated->get<std::string>(), Backslash::kOrdinary);
                 if (layout.site_packages.empty()) {
                   throw Error(ErrorKind::kRefused, "the site-packages path is the prefix itself");
                 }
               });
  }
  return layout;
}

void read_link_json(const CondaInfoFiles& files, bool stated_python, CondaMetadata& metadata) {
  const auto text = files.find(kLink);
  if (text == files.end()) return;
  const json link = parse_object(kLink, text->second);
  const auto noarch = link.find("noarch");
  if (noarch == link.end() || !noarch->is_object()) return;
  if (!stated_python) {
    metadata.kind = find_noarch_kind(noarch->value("type", json())).value_or(metadata.kind);
  }
  if (metadata.kind == PackageFacts::Kind::kCondaNoarchPython) {
    metadata.entry_points = read_texts(*noarch, "entry_points", kLink);
  }
}

}  // namespace

bool CondaMetadata::uses(std::string_view path) {
  constexpr std::array kUsed = {kIndex, kLink, kPaths, kFiles, kHasPrefix, kNoLink};
  return std::find(kUsed.begin(), kUsed.end(), path) != kUsed.end();
}

bool CondaMetadata::needs_more(const CondaInfoFiles& files) {
  const auto index = files.find(kIndex);
  if (index == files.end() || !files.contains(kPaths)) return true;
  return wants_link_json(parse_object(kIndex, index->second)) && !files.contains(kLink);
}

CondaMetadata CondaMetadata::parse(const CondaInfoFiles& files) {
  const auto text = files.find(kIndex);
  if (text == files.end()) {
    throw Error(ErrorKind::kIntegrity, fmt::format("the package has no `{}`", kIndex));
  }
  CondaMetadata metadata;
  metadata.index_json = text->second;
  const json index = parse_object(kIndex, metadata.index_json);
  metadata.name = read_word(index, "name");
  metadata.version = read_word(index, "version");
  metadata.build = read_word(index, "build");
  metadata.depends = read_texts(index, "depends", kIndex);
  const auto stated_kind = find_noarch_kind(index.value("noarch", json()));
  metadata.kind = stated_kind.value_or(PackageFacts::Kind::kConda);
  if (wants_link_json(index)) read_link_json(files, stated_kind.has_value(), metadata);
  if (metadata.name == "python") metadata.python = read_python_layout(index, metadata.version);
  if (const auto paths = files.find(kPaths); paths != files.end()) {
    metadata.paths = parse_paths_json(paths->second);
  } else if (files.contains(kFiles)) {
    metadata.paths = parse_legacy_paths({.files = find_text(files, kFiles),
                                         .has_prefix = find_text(files, kHasPrefix),
                                         .no_link = find_text(files, kNoLink)});
  } else {
    throw Error(ErrorKind::kIntegrity,
                fmt::format("the package has neither `{}` nor `{}`, which say what to install",
                            kPaths, kFiles));
  }
  return metadata;
}

}  // namespace kasane::builder
