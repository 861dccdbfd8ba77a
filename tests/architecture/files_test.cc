#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/source_tree.h"

namespace kasane::test {
namespace {

namespace fs = std::filesystem;

constexpr int kMostLines = 800;

const std::vector<std::string> kRooms = {"base", "cache", "registry", "resolver", "builder", "cli"};

std::vector<SourceFile> all_sources() {
  std::vector<std::string> folders = kRooms;
  folders.emplace_back("tests");
  return read_sources(KASANE_SOURCE_DIR, folders);
}

TEST(Files, StayShort) {
  for (const SourceFile& source : all_sources()) {
    EXPECT_LT(source.line_count(), kMostLines) << source.path;
  }
}

TEST(Files, AreNamedInSnakeCase) {
  for (const SourceFile& source : all_sources()) {
    EXPECT_TRUE(std::all_of(source.path.begin(), source.path.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '/' || c == '.';
    })) << source.path;
  }
}

TEST(Files, HeadersAreReadOnce) {
  for (const SourceFile& source : all_sources()) {
    if (source.is_header()) {
      EXPECT_TRUE(source.text.starts_with("#pragma once\n")) << source.path;
    }
  }
}

// A .cc carries out what a header beside it declares; only cli/ has programs.
TEST(Files, SourcesHaveAHeaderBesideThem) {
  for (const SourceFile& source : read_sources(KASANE_SOURCE_DIR, kRooms)) {
    if (source.is_header() || source.room() == "cli") continue;
    std::vector<Include> includes = source.local_includes();
    EXPECT_TRUE(std::any_of(includes.begin(), includes.end(), [&](const Include& include) {
      return fs::path(include.path).parent_path() == source.folder();
    })) << source.path;
  }
}

TEST(Files, HeadersAreUsed) {
  std::vector<SourceFile> sources = all_sources();
  for (const SourceFile& header : sources) {
    if (!header.is_header()) continue;
    bool used = std::any_of(sources.begin(), sources.end(), [&](const SourceFile& source) {
      return source.path != header.path &&
             source.text.find("#include \"" + header.path + "\"") != std::string::npos;
    });
    EXPECT_TRUE(used) << header.path << " is included nowhere";
  }
}

// Two branches that were joined by hand: what neither compiler nor interpreter reads would stay.
TEST(Files, HoldNoConflictMarkers) {
  const std::vector<std::string> markers = {std::string(7, '<') + ' ', std::string(7, '>') + ' '};
  const std::vector<std::string> built = {"build", ".git"};
  for (const auto& folder : fs::directory_iterator(KASANE_SOURCE_DIR)) {
    const std::string name = folder.path().filename();
    if (!folder.is_directory() || std::find(built.begin(), built.end(), name) != built.end())
      continue;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      if (!entry.is_regular_file()) continue;
      std::ifstream file(entry.path());
      for (std::string line; std::getline(file, line);) {
        const bool marked = std::any_of(markers.begin(), markers.end(),
                                        [&](const auto& m) { return line.starts_with(m); });
        EXPECT_FALSE(marked) << entry.path() << ": " << line;
      }
    }
  }
}

TEST(Files, TestsMirrorTheTree) {
  for (const SourceFile& source : read_sources(KASANE_SOURCE_DIR, {"tests"})) {
    std::string mirrored = source.folder().substr(std::string("tests").size());
    mirrored.erase(0, mirrored.find_first_not_of('/'));
    std::string room = mirrored.substr(0, mirrored.find('/'));
    if (std::find(kRooms.begin(), kRooms.end(), room) == kRooms.end()) continue;
    EXPECT_TRUE(fs::is_directory(fs::path(KASANE_SOURCE_DIR) / mirrored))
        << source.path << " has no counterpart `" << mirrored << "/`";
  }
}

TEST(Files, OnlyTheCommandLineReadsTheEnvironment) {
  for (const SourceFile& source : read_sources(KASANE_SOURCE_DIR, kRooms)) {
    if (source.room() == "cli") continue;
    EXPECT_EQ(source.text.find("getenv("), std::string::npos) << source.path;
  }
}

}  // namespace
}  // namespace kasane::test
