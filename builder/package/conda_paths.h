#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "builder/package/conda_metadata.h"

namespace kasane::builder {

/// A path as a list has it, in the form of CondaPath::path. `list` is for errors.
std::string read_conda_path(std::string_view text, std::string_view list);

/// Sorts by path, and refuses what no file system could hold (a path twice, a path below a file)
/// and what is not for packages to bring.
std::vector<CondaPath> check_conda_paths(std::vector<CondaPath> paths);

/// Reads `info/paths.json`, version 1. The result is as CondaMetadata::paths promises.
std::vector<CondaPath> parse_paths_json(std::string_view json);

/// The texts that did its work before.
struct LegacyPathLists {
  /// One path to a line.
  std::string_view files;
  /// A path to a line, or `PLACEHOLDER text|binary PATH`; each may stand in quotes.
  std::string_view has_prefix;
  std::string_view no_link;
};

std::vector<CondaPath> parse_legacy_paths(const LegacyPathLists& lists);

}  // namespace kasane::builder
