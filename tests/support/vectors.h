#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace kasane::testing {

/// Tests over the tables of the reference implementations' own tests, below `KASANE_TEST_DATA`;
/// skipped where there are none.
class VectorsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* folder = std::getenv("KASANE_TEST_DATA");
    if (folder == nullptr) GTEST_SKIP() << "KASANE_TEST_DATA names no folder of vectors";
    folder_ = std::string(folder) + "/vectors/";
  }

  nlohmann::json read(const std::string& file) const {
    std::ifstream stream(folder_ + file);
    return nlohmann::json::parse(stream);
  }

  /// The assertions of a file of rattler's, as texts; of one function, or of all.
  std::vector<std::string> assertions(const std::string& file,
                                      const std::string& function = "") const {
    std::vector<std::string> out;
    const nlohmann::json document = read("rattler/" + file);
    for (const nlohmann::json& test : document["tests"]) {
      if (!test.contains("asserts") || (!function.empty() && test["fn"] != function)) continue;
      for (const nlohmann::json& text : test["asserts"]) out.push_back(text.get<std::string>());
    }
    return out;
  }

  std::string folder_;
};

}  // namespace kasane::testing
