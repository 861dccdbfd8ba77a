#include "builder/package/conda_paths.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "base/archive/entry_path.h"
#include "base/error.h"

namespace kasane::builder {
namespace {

constexpr std::string_view kDefaultPlaceholder = "/opt/anaconda1anaconda2anaconda3";

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
  const auto found = paths.find(read_conda_path(name, "info/has_prefix"));
  if (found == paths.end()) return;
  found->second.placeholder = full ? words[0] : kDefaultPlaceholder;
  found->second.file_mode =
      full && words[1] == "binary" ? CondaPath::FileMode::kBinary : CondaPath::FileMode::kText;
}

/// The paths are sorted.
void check_parents(const std::vector<CondaPath>& paths) {
  const auto find_file = [&](std::string_view path) {
    const auto at = std::lower_bound(paths.begin(), paths.end(), path,
                                     [](const CondaPath& a, auto b) { return a.path < b; });
    return at != paths.end() && at->path == path && at->type != CondaPath::Type::kDirectory;
  };
  std::string_view checked;
  for (const CondaPath& path : paths) {
    std::string_view parent = path.path;
    for (std::size_t slash = parent.rfind('/'); slash != std::string_view::npos;
         slash = parent.rfind('/')) {
      parent = parent.substr(0, slash);
      if (is_at_or_below(checked, parent)) break;
      if (find_file(parent)) {
        throw Error(ErrorKind::kRefused,
                    fmt::format("the package installs `{}` below `{}`, which is not a directory",
                                path.path, parent));
      }
    }
    checked = parent_of(path.path);
  }
}

}  // namespace

std::string read_conda_path(std::string_view text, std::string_view list) {
  return in_context([&] { return fmt::format("in `{}`", list); },
                    [&] {
                      std::string path = normalise_entry_path(text, Backslash::kOrdinary);
                      if (path.empty()) {
                        throw Error(ErrorKind::kRefused, "the package installs the prefix itself");
                      }
                      return path;
                    });
}

std::vector<CondaPath> check_conda_paths(std::vector<CondaPath> paths) {
  std::sort(paths.begin(), paths.end(),
            [](const auto& a, const auto& b) { return a.path < b.path; });
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const std::string& path = paths[i].path;
    if (i > 0 && path == paths[i - 1].path) {
      throw Error(ErrorKind::kIntegrity, fmt::format("the package brings `{}` twice", path));
    }
    for (const std::string_view reserved : {"info", "conda-meta"}) {
      if (is_at_or_below(path, reserved)) {
        throw Error(ErrorKind::kRefused,
                    fmt::format("the package installs `{}`, but `{}/` is not for packages to fill",
                                path, reserved));
      }
    }
  }
  check_parents(paths);
  return paths;
}

std::vector<CondaPath> parse_legacy_paths(const LegacyPathLists& lists) {
  std::map<std::string, CondaPath> paths;
  for (const std::string_view line : lines_of(lists.files)) {
    CondaPath path;
    path.path = read_conda_path(line, "info/files");
    const auto [at, is_new] = paths.emplace(path.path, path);
    if (!is_new) {
      throw Error(ErrorKind::kIntegrity, fmt::format("the package brings `{}` twice", path.path));
    }
  }
  for (const std::string_view line : lines_of(lists.has_prefix)) read_has_prefix_line(line, paths);
  for (const std::string_view line : lines_of(lists.no_link)) {
    const auto found = paths.find(read_conda_path(line, "info/no_link"));
    if (found != paths.end()) found->second.no_link = true;
  }
  std::vector<CondaPath> out;
  out.reserve(paths.size());
  for (auto& [name, path] : paths) out.push_back(std::move(path));
  return check_conda_paths(std::move(out));
}

}  // namespace kasane::builder
