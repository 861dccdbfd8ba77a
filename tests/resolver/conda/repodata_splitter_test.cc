#include "resolver/conda/repodata_splitter.h"

#include <random>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace kasane::resolver {
namespace {

using nlohmann::json;

/// The sections of the pieces, joined again.
json join(const std::string& text, std::size_t block_size, std::size_t* pieces = nullptr) {
  StringSource source(text);
  RepodataSplitter splitter(source, block_size);
  json out = json::object();
  while (auto block = splitter.next()) {
    if (pieces != nullptr) ++*pieces;
    const json members = json::parse(block->json);
    for (const auto& [key, value] : members.items()) {
      out[block->section][key] = value;
    }
  }
  return out;
}

json random_text(std::mt19937& random) {
  static const std::string kPieces = "{}[]\"\\,: ab\n";
  std::string out;
  for (std::size_t i = random() % 20; i > 0; --i) out += kPieces[random() % kPieces.size()];
  return out;
}

TEST(RepodataSplitter, PiecesJoinToTheWhole) {
  std::mt19937 random(1);
  for (int round = 0; round < 300; ++round) {
    json whole = json::object();
    for (const char* section : {"info", "packages", "packages.conda"}) {
      for (std::size_t i = random() % 12; i > 0; --i) {
        const std::string key = std::to_string(i) + random_text(random).get<std::string>();
        whole[section][key] = {{"a", random_text(random)}, {"b", {{"c", random_text(random)}}}};
      }
    }
    json text = whole;
    text["aside"] = {{"x", {{"y", "}"}}}};
    text["removed"] = {"}", "{\""};
    const int indent = static_cast<int>(random() % 3) - 1;
    for (const std::size_t block_size : {1U, 100U, 100000U}) {
      ASSERT_EQ(join(text.dump(indent), block_size), whole) << text.dump(indent);
    }
  }
}

TEST(RepodataSplitter, HoldsAPieceAtATime) {
  std::string text = "{\"packages\":{\"x\":{}";
  for (int i = 0; i < 100000; ++i) text += ",\"k" + std::to_string(i) + "\":{\"v\":\"0123456789\"}";
  text += "}}";
  std::size_t pieces = 0;
  EXPECT_EQ(join(text, 100000, &pieces)["packages"].size(), 100001U);
  EXPECT_GT(pieces, 20U);
}

TEST(RepodataSplitter, RefusesTextThatEndsEarly) {
  const std::string text = R"({"packages":{"a":{"n":"x"},"b":{"n":"}"}}})";
  EXPECT_NO_THROW(join(text, 1));
  for (std::size_t size = 0; size < text.size(); ++size) {
    EXPECT_THROW(join(text.substr(0, size), 1), Error) << size;
  }
}

}  // namespace
}  // namespace kasane::resolver
