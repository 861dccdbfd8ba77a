#include "resolver/lock/yaml_tape.h"

#include <random>

#include <gtest/gtest.h>

#include "tests/resolver/lock/sample_lock.h"

namespace kasane::resolver {
namespace {

std::string show(const YamlTape& tape) {
  std::string out;
  for (const YamlEvent& event : tape.events()) {
    out += "{}[]=~"[static_cast<int>(event.kind)];
    if (event.kind == YamlKind::kScalar) out += std::string(event.value) + ";";
  }
  return out;
}

std::optional<std::string> simple(const std::string& text) {
  const auto tape = YamlTape::find_simple(text);
  if (!tape) return std::nullopt;
  return show(*tape);
}

TEST(YamlTape, ReadsBlockStyleWithTheSimpleScanner) {
  struct Case {
    const char* text;
    const char* tape;
  };
  const Case cases[] = {
      {"a: 1\n", "{=a;=1;}"},
      {"a:\nb: ~\n", "{=a;~=b;~}"},
      {"a:\n- 1\n- x: 2\n  y: 3\nb: []\n", "{=a;[=1;{=x;=2;=y;=3;}]=b;[]}"},
      {"a:\n  - 1\n  -\n    b: 'c d'\n", "{=a;[=1;{=b;=c d;}]}"},
      {"- - a\n  - b\n- c\n", "[[=a;=b;]=c;]"},
      {"# c\n\na: \"x y\"\r\n'b': {}\r\n", "{=a;=x y;=b;{}}"},
      {"a: http://x:1/y#z\n", "{=a;=http://x:1/y#z;}"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(simple(c.text), c.tape) << c.text;
    EXPECT_EQ(show(YamlTape::parse_any(c.text, "x")), c.tape) << c.text;
  }
}

TEST(YamlTape, TheSimpleScannerGivesUpAtAnythingElse) {
  for (const char* text :
       {"a: [1, 2]\n", "a: |\n  x\n", "a: b # c\n", "a: &x 1\n", "a: b: c\n", "a: 1\n  b: 2\n",
        "a: x\n  y\n", "a:\n    b: 1\n  c: 2\n", "a: 'it''s'\n", "a: \"\\n\"\n", "---\na: 1\n",
        "a: \xc3\xa9\n", "a:\t1\n", "? a\n: b\n", "a : b\n", "text\n", ""}) {
    EXPECT_EQ(simple(text), std::nullopt) << text;
  }
}

TEST(YamlTape, BothReadersAgreeOnRandomText) {
  std::mt19937 random(11);
  const std::vector<std::string> pieces = {"a", "b:", ": ", "- ", "-",  "\n",  "\n  ", "\n    ",
                                           "'", "\"", "#",  " ",  "{}", "[]",  "~",    "null",
                                           ">", "|",  "&",  "1",  "\r", "k: v"};
  int compared = 0;
  for (int round = 0; round < 40000; ++round) {
    std::string text = random() % 2 == 0 ? "a:" : "";
    for (std::size_t i = random() % 12; i > 0; --i) text += pieces[random() % pieces.size()];
    const std::optional<std::string> found = simple(text);
    if (!found) continue;
    ++compared;
    std::string expected;
    try {
      expected = show(YamlTape::parse_any(text, "x"));
    } catch (const Error& error) {
      expected = error.render();
    }
    ASSERT_EQ(*found, expected) << text;
  }
  EXPECT_GT(compared, 1000);
}

TEST(YamlTape, GivesPlaces) {
  const std::string text = "a:\n  - name: x\n";
  for (const YamlTape& tape : {*YamlTape::find_simple(text), YamlTape::parse_any(text, "x")}) {
    const YamlEvent& value = tape.events()[5];
    EXPECT_EQ(value.value, "x");
    EXPECT_EQ(value.line, 2);
    EXPECT_EQ(value.column, 11);
  }
}

}  // namespace
}  // namespace kasane::resolver
