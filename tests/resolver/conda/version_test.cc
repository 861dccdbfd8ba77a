#include "resolver/conda/version.h"

#include <algorithm>
#include <random>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/resolver/conda/reference_version.h"

namespace kasane::resolver {
namespace {

using reference::compare;
using reference::Segments;

CondaVersion v(const std::string& text) { return CondaVersion::parse(text); }

TEST(CondaVersion, SortsAsTheSpecificationsExample) {
  const std::vector<std::vector<std::string>> rising = {
      {"0.4", "0.4.0"},
      {"0.4.1.rc", "0.4.1.RC"},
      {"0.4.1+local"},
      {"0.4.1+0.local"},
      {"0.4.1", "0.4.1+0"},
      {"0.4.1+1.local"},
      {"0.5a1"},
      {"0.5b3"},
      {"0.5C1"},
      {"0.5"},
      {"0.9.6"},
      {"0.960923"},
      {"1.0"},
      {"1.1dev1"},
      {"1.1a1"},
      {"1.1.0dev1", "1.1.dev1"},
      {"1.1.a1"},
      {"1.1.0rc1", "1.1.rc1", "1.1.00rc1"},
      {"1.1", "1.1.0", "1.1.0.0"},
      {"1.1.post1", "1.1.0post1"},
      {"1.1post1"},
      {"1996.07.12", "1996.7.12"},
      {"1!0.4.1"},
      {"1!3.1.1.6"},
      {"2!0.4.1"},
  };
  for (std::size_t i = 0; i < rising.size(); ++i) {
    for (const std::string& text : rising[i]) {
      EXPECT_EQ(v(text), v(rising[i][0])) << text;
      if (i > 0) {
        EXPECT_LT(v(rising[i - 1][0]), v(text)) << text;
      }
    }
  }
}

TEST(CondaVersion, SortsTrapsAsConda) {
  const std::vector<std::string> rising = {
      "1.0.1dev",
      "1.0.1_",
      "1.0.1a",
      "1.0.1b",
      "1.0.1rc",
      "1.0.1rc1",
      "1.0.1s",
      "1.0.1",
      "1.0.1post.a",
      "1.0.1post.z",
      "1.0.2",
      "1.1*",
      "1.1dev",
      "1.1devdev",
      "1.1postpost",
      "1.1",
      "1.1.post",
      "1.1post",
      "1.2.3.4.5",
      "1.9",
      "1.10",
      "20230101",
      "20230101123456789",
  };
  for (std::size_t i = 1; i < rising.size(); ++i) {
    EXPECT_LT(v(rising[i - 1]), v(rising[i])) << rising[i - 1] << " " << rising[i];
  }
}

TEST(CondaVersion, ReadsDashesAsUnderscoresAndAnyCase) {
  EXPECT_EQ(v("1.2-3"), v("1.2_3"));
  EXPECT_EQ(v("1.2-3"), v("1.2.3"));
  EXPECT_EQ(v("  1.0RC1\t"), v("1.0rc1"));
  EXPECT_EQ(v("  1.0RC1\t").text(), "1.0RC1");
}

TEST(CondaVersion, KnowsItsPrefixes) {
  struct Case {
    const char* version;
    const char* prefix;
    bool starts;
  };
  const Case cases[] = {
      {"0.4.1", "0", true},
      {"0.4.1", "0.4", true},
      {"0.4.1p1", "0.4", true},
      {"0.4.1p1", "0.4.1p", true},
      {"0.4.1p1", "0.4.1q1", false},
      {"0.4", "0.4.1", false},
      {"0.4.1+1.3", "0.4.1", true},
      {"0.4.1+1.3", "0.4.1+1", true},
      {"0.4.1", "0.4.1+1.3", false},
      {"0.4.1+1", "0.4.1+1.3", false},
      {"1", "1.0", true},
      {"1.0.5", "1.0", true},
      {"1.0.5", "1.0.0", false},
      {"1.1", "1.0", false},
      {"1.0rc1", "1.0", true},
      {"1.rc1", "1.0", true},
      {"1.0post1", "1.0", true},
      {"2013ab", "2013a", true},
      {"2013b", "2013a", false},
      {"1.10", "1.1", false},
      {"2.38.0", "2.38.0.1", false},
      {"1!1.2", "1.2", false},
      {"1!1.2", "1!1", true},
      {"1.0.0.0.7", "1.0", true},
      {"3.7b_", "3.7b_", true},
      {"1.0dev1", "1.0d", false},
      {"1.0dev1", "1.0dev", true},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(v(c.version).starts_with(v(c.prefix)), c.starts) << c.version << " " << c.prefix;
  }
}

TEST(CondaVersion, ErrorsPoint) {
  struct Case {
    const char* text;
    const char* message;
    int column;
  };
  const Case cases[] = {
      {"", "a version is empty in the version ``", 1},
      {"1.2 3", "a version has no place for ` ` in the version `1.2 3`", 4},
      {" 3.5&1", "a version has no place for `&` in the version ` 3.5&1`", 5},
      {"1..2", "a part of a version is empty in the version `1..2`", 3},
      {"1.", "a part of a version is empty in the version `1.`", 3},
      {"a!1", "expected a number before `!`, found `a` in the version `a!1`", 1},
      {"1!2!3", "a version has one epoch, found a second `!` in the version `1!2!3`", 4},
      {"1+2+3", "a version has one local part, found a second `+` in the version `1+2+3`", 4},
      {"+1", "expected a version before `+` in the version `+1`", 1},
      {"1-2_3", "a version has no place for `-` in the version `1-2_3`", 2},
      {"1+", "a part of a version is empty in the version `1+`", 3},
  };
  for (const Case& c : cases) {
    EXPECT_FALSE(CondaVersion::find(c.text)) << c.text;
    try {
      v(c.text);
      ADD_FAILURE() << c.text;
    } catch (const Error& error) {
      EXPECT_EQ(error.message(), c.message);
      EXPECT_EQ(error.place().column, c.column) << c.text;
    }
  }
}

/// A random version as segments, and as text.
class RandomVersions {
 public:
  std::pair<std::string, Segments> main_part() {
    Segments segments = {{0L}};
    std::string text;
    for (unsigned i = 0, count = 1 + random_() % 4; i < count; ++i) {
      if (i > 0) text += random_() % 2 == 0 ? "." : "_";
      segments.push_back(segment(text));
    }
    return {text, segments};
  }
  std::uint32_t next() { return random_(); }

 private:
  std::vector<reference::Item> segment(std::string& text) {
    static const std::vector<std::string> kWords = {"a", "ab", "b", "dev", "post", "rc", "*"};
    std::vector<reference::Item> out;
    bool number = random_() % 3 != 0;
    if (!number) out.emplace_back(0L);
    for (unsigned i = 0, count = 1 + random_() % 4; i < count; ++i) {
      if (number) {
        const long value = random_() % 3 == 0 ? static_cast<long>(random_() % 12) : 0L;
        text += std::to_string(value);
        out.emplace_back(value);
      } else {
        add_word(kWords[random_() % kWords.size()], text, out);
      }
      number = !number;
    }
    return out;
  }
  static void add_word(const std::string& word, std::string& text,
                       std::vector<reference::Item>& out) {
    text += word;
    if (word == "post") {
      out.emplace_back(reference::kInfinity);
    } else {
      out.emplace_back(word == "dev" ? "DEV" : word);
    }
  }

  std::mt19937 random_{3};
};

TEST(CondaVersion, KeysOrderLikeConda) {
  RandomVersions versions;
  for (int round = 0; round < 60000; ++round) {
    const auto [left_text, left] = versions.main_part();
    const auto [right_text, right] = versions.main_part();
    const CondaVersion a = v(left_text);
    const CondaVersion b = v(right_text);
    const int expected = compare(left, right);
    ASSERT_EQ(a < b, expected < 0) << left_text << " " << right_text;
    ASSERT_EQ(a == b, expected == 0) << left_text << " " << right_text;
    ASSERT_EQ(a.starts_with(b), reference::starts_with(left, right))
        << left_text << " " << right_text;
    ASSERT_TRUE(a.starts_with(a)) << left_text;
  }
}

TEST(CondaVersion, LocalPartsOrderAfterTheMainPart) {
  RandomVersions versions;
  for (int round = 0; round < 20000; ++round) {
    const auto [left_text, left] = versions.main_part();
    const auto [right_text, right] = versions.main_part();
    if (left_text.back() == '_' || right_text.back() == '_') continue;
    const int expected = compare(left, right);
    const CondaVersion a = v("1.5+" + left_text);
    const CondaVersion b = v("1.5.0+" + right_text);
    ASSERT_EQ(a < b, expected < 0) << left_text << " " << right_text;
    ASSERT_EQ(a.starts_with(b), reference::starts_with(left, right));
    ASSERT_TRUE(a.starts_with(v("1.5")));
  }
}

TEST(CondaVersion, LongVersionsKeepTheOrder) {
  std::string zeros = "1";
  CondaVersion last = v("1a");
  for (int i = 0; i < 200; ++i) {
    zeros += ".0";
    EXPECT_EQ(v(zeros), v("1"));
    EXPECT_LT(v(zeros + ".rc"), v("1"));
    EXPECT_LT(last, v(zeros + ".rc"));
    EXPECT_LT(v("1"), v(zeros + ".1"));
    EXPECT_LT(v(zeros + ".0.1"), v(zeros + ".1"));
    EXPECT_TRUE(v(zeros + ".1").starts_with(v(zeros)));
    last = v(zeros + ".rc");
  }
}

}  // namespace
}  // namespace kasane::resolver
