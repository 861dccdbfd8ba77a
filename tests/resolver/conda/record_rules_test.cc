#include "resolver/conda/record_rules.h"

#include <random>

#include <gtest/gtest.h>

#include "resolver/conda/version.h"

namespace kasane::resolver {
namespace {

TEST(RecordRules, TellsWhyARecordCannotBeUsed) {
  const std::string lacks = "it lacks a name, a version or a build string";
  const std::string file = "that is no file name";
  const struct {
    RecordIdentity record;
    std::string problem;
  } kCases[] = {
      {{"a-1-0.conda", "a", "1", "0"}, ""},
      {{"a b.conda", "a", "1!2.0rc1+x_y", "0"}, ""},
      {{"a-1-0.conda", "", "1", "0"}, lacks},
      {{"a-1-0.conda", "a", "", "0"}, lacks},
      {{"a-1-0.conda", "a", "1", ""}, lacks},
      {{"", "a", "1", "0"}, file},
      {{"../a-1-0.conda", "a", "1", "0"}, file},
      {{".a-1-0.conda", "a", "1", "0"}, file},
      {{"a\\b.conda", "a", "1", "0"}, file},
      {{"a\nb.conda", "a", "1", "0"}, file},
      {{"a\x7f.conda", "a", "1", "0"}, file},
      {{"a.conda", "a", "1..2", "0"}, "`1..2` is no version"},
      {{"a.conda", "a", "1.", "0"}, "`1.` is no version"},
      {{"a.conda", "a", "1 2", "0"}, "`1 2` is no version"},
  };
  RecordRules rules;
  for (const auto& [record, problem] : kCases) {
    EXPECT_EQ(rules.find_problem(record), problem) << record.file_name << " " << record.version;
  }
}

TEST(RecordRules, AgreesWithTheReaderOfVersions) {
  std::mt19937 random(1);
  RecordRules rules;
  static const std::string kPieces = "0123456789....a-_!+*";
  for (int round = 0; round < 20000; ++round) {
    std::string text;
    for (std::size_t i = 1 + random() % 6; i > 0; --i) text += kPieces[random() % kPieces.size()];
    const bool sound = rules.find_problem({"a.conda", "a", text, "0"}).empty();
    ASSERT_EQ(sound, CondaVersion::find(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace kasane::resolver
