#include "builder/package/conda_paths.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/archive/entry_path.h"
#include "base/error.h"

namespace kasane::builder {
namespace {

using nlohmann::json;

constexpr std::string_view kPaths = "info/paths.json";
constexpr std::string_view kDefaultPlaceholder = "/opt/anaconda1anaconda2anaconda3";

Error malformed(std::string_view what) {
  return Error(ErrorKind::kIntegrity, fmt::format("`{}` is malformed: {}", kPaths, what));
}

std::string read_path(std::string_view text, std::string_view list) {
  return in_context([&] { return fmt::format("in `{}`", list); },
                    [&] {
                      std::string path = normalise_entry_path(text, Backslash::kOrdinary);
                      if (path.empty()) {
                        throw Error(ErrorKind::kRefused, "the package installs the prefix itself");
                      }
                      return path;
                    });
}

template <class Value>
std::optional<Value> find_value(const json& object, const char* key, const std::string& path,
                                bool (*fits)(const json&)) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return std::nullopt;
  if (!fits(*found)) throw malformed(fmt::format("`{}` of `{}` is {}", key, path, found->dump()));
  return found->get<Value>();
}

bool is_text(const json& value) { return value.is_string(); }
bool is_flag(const json& value) { return value.is_boolean(); }
bool is_size(const json& value) { return value.is_number_unsigned(); }

CondaPath read_path_entry(const json& object) {
  const auto raw_path = object.find("_path");
  if (raw_path == object.end() || !raw_path->is_string()) {
    throw malformed("an entry has no text `_path`");
  }
  CondaPath path;
  path.path = read_path(raw_path->get<std::string>(), kPaths);
  const auto text = [&](const char* key) {
    return find_value<std::string>(object, key, path.path, is_text).value_or("");
  };
  const std::string type = text("path_type");
  if (type == "softlink") {
    path.type = CondaPath::Type::kSymlink;
  } else if (type == "directory") {
    path.type = CondaPath::Type::kDirectory;
  } else if (!type.empty() && type != "hardlink") {
    throw malformed(fmt::format("`path_type` of `{}` is `{}`", path.path, printable_name(type)));
  }
  if (const std::string sha256 = text("sha256"); !sha256.empty()) {
    path.sha256 = Digest::find_hex(sha256);
    if (!path.sha256) {
      throw malformed(fmt::format("`sha256` of `{}` is `{}`", path.path, printable_name(sha256)));
    }
  }
  path.size_bytes = find_value<std::uint64_t>(object, "size_in_bytes", path.path, is_size);
  path.placeholder = text("prefix_placeholder");
  const std::string mode = text("file_mode");
  if (mode == "binary") {
    path.file_mode = CondaPath::FileMode::kBinary;
  } else if (!mode.empty() && mode != "text") {
    throw malformed(fmt::format("`file_mode` of `{}` is `{}`", path.path, printable_name(mode)));
  }
  path.no_link = find_value<bool>(object, "no_link", path.path, is_flag).value_or(false);
  return path;
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.find_first_not_of(" \t") != std::string_view::npos) out.push_back(line);
  }
  return out;
}

/// Words apart by blanks; one in quotes keeps its blanks.
std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> out;
  while (true) {
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    if (line.empty()) return out;
    const char quote = line.front();
    if (quote == '"' || quote == '\'') {
      const std::size_t end = std::min(line.find(quote, 1), line.size());
      out.push_back(line.substr(1, end - 1));
      line.remove_prefix(std::min(end + 1, line.size()));
    } else {
      const std::size_t end = std::min(line.find_first_of(" \t"), line.size());
      out.push_back(line.substr(0, end));
      line.remove_prefix(end);
    }
  }
}

void read_has_prefix_line(std::string_view line, std::map<std::string, CondaPath>& paths) {
  const auto words = words_of(line);
  const bool full = words.size() == 3 && (words[1] == "text" || words[1] == "binary");
  const std::string_view name = full ? words[2] : words.size() == 1 ? words[0] : line;
  const auto found = paths.find(read_path(name, "info/has_prefix"));
  if (found == paths.end()) return;
  found->second.placeholder = full ? words[0] : kDefaultPlaceholder;
  found->second.file_mode =
      full && words[1] == "binary" ? CondaPath::FileMode::kBinary : CondaPath::FileMode::kText;
}

}  // namespace

std::vector<CondaPath> check_conda_paths(std::vector<CondaPath> paths) {
  std::sort(paths.begin(), paths.end(),
            [](const auto& a, const auto& b) { return a.path < b.path; });
  std::map<std::string_view, const CondaPath*> by_path;
  for (const CondaPath& path : paths) {
    if (!by_path.emplace(path.path, &path).second) {
      throw Error(ErrorKind::kIntegrity, fmt::format("the package brings `{}` twice", path.path));
    }
    for (const std::string_view reserved : {"info", "conda-meta"}) {
      if (path.path == reserved || path.path.starts_with(fmt::format("{}/", reserved))) {
        throw Error(ErrorKind::kRefused,
                    fmt::format("the package installs `{}`, but `{}/` is not for packages to fill",
                                path.path, reserved));
      }
    }
  }
  for (const CondaPath& path : paths) {
    for (std::size_t slash = path.path.find('/'); slash != std::string::npos;
         slash = path.path.find('/', slash + 1)) {
      const auto parent = by_path.find(std::string_view(path.path).substr(0, slash));
      if (parent != by_path.end() && parent->second->type != CondaPath::Type::kDirectory) {
        throw Error(ErrorKind::kRefused,
                    fmt::format("the package installs `{}` below `{}`, which is not a directory",
                                path.path, parent->first));
      }
    }
  }
  return paths;
}

std::vector<CondaPath> parse_paths_json(std::string_view text) {
  std::vector<CondaPath> paths;
  std::string member;
  // The entries are taken one by one as they are parsed: there may be a hundred thousand.
  const auto take = [&](int depth, json::parse_event_t event, json& parsed) {
    if (depth == 1 && event == json::parse_event_t::key) member = parsed.get<std::string>();
    if (depth != 2 || member != "paths" || event != json::parse_event_t::object_end) return true;
    paths.push_back(read_path_entry(parsed));
    return false;
  };
  json rest;
  try {
    rest = json::parse(text, take);
  } catch (const json::exception& error) {
    throw Error(ErrorKind::kIntegrity, fmt::format("`{}` is not JSON: {}", kPaths, error.what()));
  }
  const auto list = rest.find("paths");
  if (!rest.is_object() || list == rest.end() || !list->is_array() || !list->empty()) {
    throw malformed("`paths` is not a list of objects");
  }
  const json version = rest.value("paths_version", json(1));
  if (version != 1) {
    throw Error(ErrorKind::kRefused, fmt::format("`{}` is of version {}; only version 1 is known",
                                                 kPaths, version.dump()));
  }
  return check_conda_paths(std::move(paths));
}

std::vector<CondaPath> parse_legacy_paths(const LegacyPathLists& lists) {
  std::map<std::string, CondaPath> paths;
  for (const std::string_view line : lines_of(lists.files)) {
    CondaPath path;
    path.path = read_path(line, "info/files");
    const auto [at, is_new] = paths.emplace(path.path, path);
    if (!is_new) {
      throw Error(ErrorKind::kIntegrity, fmt::format("the package brings `{}` twice", path.path));
    }
  }
  for (const std::string_view line : lines_of(lists.has_prefix)) read_has_prefix_line(line, paths);
  for (const std::string_view line : lines_of(lists.no_link)) {
    const auto found = paths.find(read_path(line, "info/no_link"));
    if (found != paths.end()) found->second.no_link = true;
  }
  std::vector<CondaPath> out;
  out.reserve(paths.size());
  for (auto& [name, path] : paths) out.push_back(std::move(path));
  return check_conda_paths(std::move(out));
}

}  // namespace kasane::builder
