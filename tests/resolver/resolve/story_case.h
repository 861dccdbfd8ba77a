#pragma once

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <ostream>
#include <sstream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/support/conda_world.h"

namespace kasane::test {

/// A question without an answer. Its story is stories/<name>.txt.
struct StoryCase {
  std::string name;
  std::map<std::string, std::vector<CondaLine>> channels;
  std::vector<std::string> requests;
  std::function<void(resolver::CondaQuestion&)> change = [](resolver::CondaQuestion&) {};
};

inline void PrintTo(const StoryCase& tested, std::ostream* out) { *out << tested.name; }

inline std::string story_of(const StoryCase& tested, bool reversed) {
  CondaWorld world;
  for (const auto& [channel, lines] : tested.channels) {
    std::vector<CondaLine> ordered = lines;
    if (reversed) std::reverse(ordered.begin(), ordered.end());
    world.add_channel(channel, ordered);
  }
  resolver::CondaQuestion question = world.question(tested.requests);
  tested.change(question);
  return world.story(question);
}

/// What is told is what is written down, no longer than a screen, and the same with the records in
/// another order.
inline void expect_story(const StoryCase& tested) {
  const std::string told = story_of(tested, false);
  EXPECT_LE(std::count(told.begin(), told.end(), '\n'), 26);
  const std::string path =
      fmt::format("{}/tests/resolver/resolve/stories/{}.txt", KASANE_SOURCE_DIR, tested.name);
  if (std::getenv("KASANE_ACCEPT") != nullptr) {
    std::ofstream(path) << told;
    GTEST_SKIP() << "accepted " << path;
  }
  std::ifstream file(path);
  std::ostringstream expected;
  expected << file.rdbuf();
  EXPECT_EQ(told, expected.str());
  EXPECT_EQ(story_of(tested, true), told) << "with the records in another order";
}

}  // namespace kasane::test
