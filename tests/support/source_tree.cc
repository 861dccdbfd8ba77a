#include "tests/support/source_tree.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string_view>
#include <utility>

namespace kasane::test {
namespace {

namespace fs = std::filesystem;

std::vector<Include> includes_between(const std::string& text, char open, char close) {
  std::vector<Include> found;
  std::istringstream lines(text);
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    std::string_view rest = line;
    if (!rest.starts_with("#include ")) continue;
    rest.remove_prefix(9);
    if (rest.empty() || rest.front() != open) continue;
    rest.remove_prefix(1);
    found.push_back({std::string(rest.substr(0, rest.find(close))), number});
  }
  return found;
}

std::string read_text(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

std::string SourceFile::room() const { return path.substr(0, path.find('/')); }

std::string SourceFile::folder() const { return path.substr(0, path.rfind('/')); }

int SourceFile::line_count() const {
  return static_cast<int>(std::count(text.begin(), text.end(), '\n'));
}

std::vector<Include> SourceFile::local_includes() const { return includes_between(text, '"', '"'); }

std::vector<Include> SourceFile::system_includes() const {
  return includes_between(text, '<', '>');
}

std::vector<SourceFile> read_sources(const std::string& root,
                                     const std::vector<std::string>& folders) {
  std::vector<SourceFile> sources;
  for (const std::string& folder : folders) {
    fs::path start = fs::path(root) / folder;
    if (!fs::exists(start)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(start)) {
      fs::path extension = entry.path().extension();
      if (!entry.is_regular_file() || (extension != ".h" && extension != ".cc")) continue;
      sources.push_back(
          {entry.path().lexically_relative(root).generic_string(), read_text(entry.path())});
    }
  }
  std::sort(sources.begin(), sources.end(),
            [](const SourceFile& a, const SourceFile& b) { return a.path < b.path; });
  return sources;
}

}  // namespace kasane::test
