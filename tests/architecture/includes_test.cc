#include <map>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/source_tree.h"

namespace kasane::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

using Arrows = std::map<std::string, std::set<std::string>>;

/// cli → builder → {resolver, registry, cache} → base. cli sees all below it, since it hands the
/// parts to builder.
const Arrows& allowed_arrows() {
  static const Arrows arrows = {
      {"base", {}},
      {"cache", {"base"}},
      {"registry", {"base"}},
      {"resolver", {"base"}},
      {"builder", {"base", "cache", "registry", "resolver"}},
      {"cli", {"base", "cache", "registry", "resolver", "builder"}},
  };
  return arrows;
}

std::vector<std::string> rooms() {
  std::vector<std::string> names;
  for (const auto& [room, _] : allowed_arrows()) names.push_back(room);
  return names;
}

std::vector<std::string> forbidden_arrows(const std::vector<SourceFile>& sources) {
  std::vector<std::string> complaints;
  for (const SourceFile& source : sources) {
    std::set<std::string> reachable = allowed_arrows().at(source.room());
    reachable.insert(source.room());
    for (const Include& include : source.local_includes()) {
      if (reachable.contains(include.path.substr(0, include.path.find('/')))) continue;
      complaints.push_back(fmt::format("{}:{}: {} may not include `{}`", source.path, include.line,
                                       source.room(), include.path));
    }
  }
  return complaints;
}

class CircleFinder {
 public:
  explicit CircleFinder(const std::vector<SourceFile>& sources) {
    for (const SourceFile& source : sources) {
      for (const Include& include : source.local_includes()) {
        includes_[source.path].push_back(include.path);
      }
    }
  }

  /// One line for each include that leads back to a file on the way to it.
  std::vector<std::string> find() {
    for (const auto& [path, _] : includes_) visit(path);
    return circles_;
  }

 private:
  void visit(const std::string& path) {
    if (open_.contains(path) || !seen_.insert(path).second) return;
    open_.insert(path);
    if (auto found = includes_.find(path); found != includes_.end()) {
      for (const std::string& next : found->second) {
        if (open_.contains(next))
          circles_.push_back(fmt::format("{} leads back to {}", path, next));
        visit(next);
      }
    }
    open_.erase(path);
  }

  std::map<std::string, std::vector<std::string>> includes_;
  std::set<std::string> seen_, open_;
  std::vector<std::string> circles_;
};

bool slow_to_compile(const std::string& header) {
  return header == "nlohmann/json.hpp" || header.starts_with("yaml-cpp/") ||
         header == "simdjson.h" || header == "regex";
}

std::vector<std::string> spreading_headers(const std::vector<SourceFile>& sources) {
  std::map<std::string, std::string> wrappers;
  for (const SourceFile& source : sources) {
    if (!source.is_header()) continue;
    for (const Include& include : source.system_includes()) {
      if (slow_to_compile(include.path)) wrappers[source.path] = include.path;
    }
  }
  std::vector<std::string> complaints;
  for (const SourceFile& source : sources) {
    if (!source.is_header()) continue;
    for (const Include& include : source.local_includes()) {
      auto wrapper = wrappers.find(include.path);
      if (wrapper == wrappers.end()) continue;
      complaints.push_back(fmt::format("{}:{}: `{}` belongs into a .cc: it brings `{}`",
                                       source.path, include.line, include.path, wrapper->second));
    }
  }
  return complaints;
}

TEST(Includes, FollowTheArrowsOfTheDesign) {
  std::vector<SourceFile> sources = read_sources(KASANE_SOURCE_DIR, rooms());
  ASSERT_FALSE(sources.empty());
  EXPECT_THAT(forbidden_arrows(sources), IsEmpty());
}

TEST(Includes, AnArrowBetweenTheMiddleRoomsIsFound) {
  EXPECT_THAT(forbidden_arrows({{"cache/a.h", "#pragma once\n\n#include \"registry/b.h\"\n"},
                                {"base/c.h", "#include \"base/d.h\"\n#include \"cli/e.h\"\n"},
                                {"cli/f.cc", "#include \"f.h\"\n"},
                                {"builder/g.cc", "#include \"tests/support/h.h\"\n"}}),
              ElementsAre("cache/a.h:3: cache may not include `registry/b.h`",
                          "base/c.h:2: base may not include `cli/e.h`",
                          "cli/f.cc:1: cli may not include `f.h`",
                          "builder/g.cc:1: builder may not include `tests/support/h.h`"));
}

TEST(Includes, FormNoCircle) {
  std::vector<SourceFile> sources = read_sources(KASANE_SOURCE_DIR, rooms());
  EXPECT_THAT(CircleFinder(sources).find(), IsEmpty());
}

TEST(Includes, ACircleIsFound) {
  EXPECT_THAT(CircleFinder({{"base/a.h", "#include \"base/b.h\"\n"},
                            {"base/b.h", "#include \"base/c.h\"\n"},
                            {"base/c.h", "#include \"base/a.h\"\n"}})
                  .find(),
              ElementsAre("base/c.h leads back to base/a.h"));
}

TEST(Includes, NameFilesThatAreThere) {
  std::vector<SourceFile> sources = read_sources(KASANE_SOURCE_DIR, rooms());
  std::set<std::string> paths;
  for (const SourceFile& source : sources) paths.insert(source.path);
  for (const SourceFile& source : sources) {
    for (const Include& include : source.local_includes()) {
      EXPECT_TRUE(paths.contains(include.path))
          << source.path << ":" << include.line << ": `" << include.path << "` is not there";
    }
  }
}

// A header of ours may wrap a slow one, as long as only .cc files include it.
TEST(Includes, SlowHeadersDoNotSpreadThroughOurs) {
  std::vector<SourceFile> sources = read_sources(KASANE_SOURCE_DIR, rooms());
  EXPECT_THAT(spreading_headers(sources), IsEmpty());
}

TEST(Includes, ASpreadingHeaderIsFound) {
  EXPECT_THAT(spreading_headers({{"base/json.h", "#include <nlohmann/json.hpp>\n"},
                                 {"base/a.h", "#include \"base/json.h\"\n"},
                                 {"base/a.cc", "#include \"base/json.h\"\n"}}),
              ElementsAre("base/a.h:1: `base/json.h` belongs into a .cc: it brings "
                          "`nlohmann/json.hpp`"));
}

}  // namespace
}  // namespace kasane::test
