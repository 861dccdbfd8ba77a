#include <optional>
#include <utility>

#include <fmt/format.h>
#include <simdjson.h>

#include "base/archive/entry_path.h"
#include "base/error.h"
#include "base/text.h"
#include "builder/package/conda_paths.h"

namespace kasane::builder {
namespace {

namespace ondemand = simdjson::ondemand;

constexpr std::string_view kPaths = "info/paths.json";

Error malformed(std::string_view what) {
  return Error(ErrorKind::kIntegrity, fmt::format("`{}` is malformed: {}", kPaths, what));
}

/// A value as it is written, for a message.
std::string shown(ondemand::value value) {
  return std::string(value.raw_json_token().substr(0, 100));
}

/// An entry's members in the order in which they come; what they mean together is known at its end.
struct PathEntry {
  std::optional<std::string> path;
  std::string type;
  std::string sha256;
  std::string mode;
  /// A member that is not what it should be, and its value.
  std::optional<std::pair<std::string, std::string>> odd;
  CondaPath out;

  void note(std::string_view key, ondemand::value value) { odd.emplace(key, shown(value)); }
};

/// The text of a member; an empty one for null. Notes the member where it is something else.
std::string read_text(std::string_view key, ondemand::value value, PathEntry& entry) {
  if (value.is_null()) return {};
  std::string_view text;
  if (value.get_string().get(text) == simdjson::SUCCESS) return std::string(text);
  entry.note(key, value);
  return {};
}

void read_member(std::string_view key, ondemand::value value, PathEntry& entry) {
  if (key == "_path") {
    std::string_view text;
    if (value.get_string().get(text) != simdjson::SUCCESS) {
      throw malformed("an entry has no text `_path`");
    }
    entry.path = text;
  } else if (key == "path_type") {
    entry.type = read_text(key, value, entry);
  } else if (key == "sha256") {
    entry.sha256 = read_text(key, value, entry);
  } else if (key == "file_mode") {
    entry.mode = read_text(key, value, entry);
  } else if (key == "prefix_placeholder") {
    entry.out.placeholder = read_text(key, value, entry);
  } else if (key == "size_in_bytes" && !value.is_null()) {
    std::uint64_t size = 0;
    if (value.get_uint64().get(size) != simdjson::SUCCESS) entry.note(key, value);
    entry.out.size_bytes = size;
  } else if (key == "no_link" && !value.is_null()) {
    if (value.get_bool().get(entry.out.no_link) != simdjson::SUCCESS) entry.note(key, value);
  }
}

CondaPath finish(PathEntry entry) {
  if (!entry.path) throw malformed("an entry has no text `_path`");
  CondaPath path = std::move(entry.out);
  path.path = read_conda_path(*entry.path, kPaths);
  if (entry.odd) {
    throw malformed(fmt::format("`{}` of `{}` is {}", entry.odd->first, path.path,
                                printable_name(entry.odd->second)));
  }
  if (entry.type == "softlink") {
    path.type = CondaPath::Type::kSymlink;
  } else if (entry.type == "directory") {
    path.type = CondaPath::Type::kDirectory;
  } else if (!entry.type.empty() && entry.type != "hardlink") {
    throw malformed(
        fmt::format("`path_type` of `{}` is `{}`", path.path, printable_name(entry.type)));
  }
  if (!entry.sha256.empty()) {
    path.sha256 = Digest::find_hex(entry.sha256);
    if (!path.sha256) {
      throw malformed(
          fmt::format("`sha256` of `{}` is `{}`", path.path, printable_name(entry.sha256)));
    }
  }
  if (entry.mode == "binary") {
    path.file_mode = CondaPath::FileMode::kBinary;
  } else if (!entry.mode.empty() && entry.mode != "text") {
    throw malformed(
        fmt::format("`file_mode` of `{}` is `{}`", path.path, printable_name(entry.mode)));
  }
  return path;
}

std::vector<CondaPath> read_list(ondemand::value list) {
  constexpr std::string_view kNoList = "`paths` is not a list of objects";
  std::vector<CondaPath> paths;
  ondemand::array array;
  if (list.get_array().get(array) != simdjson::SUCCESS) throw malformed(kNoList);
  for (auto element : array) {
    ondemand::object object;
    const auto failed = element.get_object().get(object);
    if (failed == simdjson::INCORRECT_TYPE) throw malformed(kNoList);
    if (failed != simdjson::SUCCESS) throw simdjson::simdjson_error(failed);
    PathEntry entry;
    for (auto member : object) {
      const std::string_view key = member.unescaped_key();
      read_member(key, member.value(), entry);
    }
    paths.push_back(finish(std::move(entry)));
  }
  return paths;
}

std::vector<CondaPath> read_document(ondemand::document& document) {
  std::optional<std::vector<CondaPath>> paths;
  ondemand::object object;
  const auto failed = document.get_object().get(object);
  if (failed == simdjson::INCORRECT_TYPE) throw malformed("`paths` is not a list of objects");
  if (failed != simdjson::SUCCESS) throw simdjson::simdjson_error(failed);
  for (auto member : object) {
    const std::string_view key = member.unescaped_key();
    if (key == "paths") {
      if (paths) throw malformed("`paths` comes twice");
      paths = read_list(member.value());
    } else if (key == "paths_version") {
      ondemand::value version = member.value();
      std::int64_t number = 0;
      if (version.get_int64().get(number) != simdjson::SUCCESS || number != 1) {
        throw Error(ErrorKind::kRefused,
                    fmt::format("`{}` is of version {}; only version 1 is known", kPaths,
                                printable_name(trim(shown(version)))));
      }
    }
  }
  if (document.current_location().error() != simdjson::OUT_OF_BOUNDS) {
    throw simdjson::simdjson_error(simdjson::TAPE_ERROR);
  }
  if (!paths) throw malformed("`paths` is not a list of objects");
  return std::move(*paths);
}

}  // namespace

// There may be a hundred thousand entries, so no document is built of them.
std::vector<CondaPath> parse_paths_json(std::string_view text) {
  const simdjson::padded_string padded(text);
  ondemand::parser parser;
  std::vector<CondaPath> paths;
  try {
    ondemand::document document = parser.iterate(padded);
    paths = read_document(document);
  } catch (const simdjson::simdjson_error& error) {
    throw Error(ErrorKind::kIntegrity, fmt::format("`{}` is not JSON: {}", kPaths, error.what()));
  }
  return check_conda_paths(std::move(paths));
}

}  // namespace kasane::builder
