#include "resolver/conda/version_spec.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace kasane::resolver {
namespace {

bool matches(const std::string& spec, const std::string& version) {
  return VersionSpec::parse(spec).matches(CondaVersion::parse(version));
}

TEST(VersionSpec, MatchesAsConda) {
  struct Case {
    const char* spec;
    std::vector<const char*> yes;
    std::vector<const char*> no;
  };
  const Case cases[] = {
      {"*", {"1.4"}, {}},
      {"", {"1.4"}, {}},
      {"1.7", {"1.7", "1.7.0.0"}, {"1.6", "1.7.0.1", "1.7a"}},
      {"==1.7", {"1.7", "1.7.0.0"}, {"1.7.0.1"}},
      {"=1.7", {"1.7", "1.7.1", "1.7alpha", "1.7+x"}, {"1.70", "1.8", "1.6"}},
      {"1.7.*", {"1.7", "1.7.1"}, {"1.8"}},
      {"1.7*", {"1.7", "1.7.1"}, {"1.70", "1.8"}},
      {"=1.7.*", {"1.7.1"}, {"1.8"}},
      {"==1.7.*", {"1.7.1"}, {"1.8"}},
      {"!=1.7", {"1.6", "1.7.1"}, {"1.7", "1.7.0"}},
      {"!=1.7.*", {"1.6", "1.8"}, {"1.7", "1.7.1", "1.7alpha"}},
      {">1.7", {"1.7.1", "1.7.post1"}, {"1.7", "1.7a"}},
      {">=1.7", {"1.7", "2"}, {"1.7a", "1.6"}},
      {">=1.7.*", {"1.7", "2"}, {"1.6"}},
      {">=2.*.*", {"2.0"}, {"1.9"}},
      {"<1.7", {"1.7a", "1.7dev", "1.6"}, {"1.7", "1.8"}},
      {"<=1.7", {"1.7", "1.7.0"}, {"1.7.1"}},
      {"~=1.10", {"1.10", "1.11"}, {"2.0", "1.9", "1.10a"}},
      {"~=1.10.0", {"1.10.5"}, {"1.11.0"}},
      {"~=1", {"1", "2"}, {"0.9"}},
      {">=1,<2|>3", {"1.5", "4"}, {"2.5", "3"}},
      {"(>=1|<0.5),!=1.1", {"1.2", "0.1"}, {"1.1", "0.7"}},
      {" >= 1.0 , < 2.0 ", {"1.5"}, {"2.0"}},
      {"1.*.3", {"1.7.3", "1.7.0.3"}, {"1.3", "1.7.3.4", "2.0.3"}},
      {"=1.*.3", {"1.7.3"}, {"1.3"}},
      {"!=1.*.3", {"1.3"}, {"1.7.3"}},
      {"*.3", {"2.1.3"}, {"0.3.4", "3"}},
      {"*.*", {"3.3"}, {"3"}},
      {"2023.*.*", {"2023.1.0"}, {"2022.1.0"}},
      {"0.2.18.*.", {"0.2.18.1"}, {"0.2.19"}},
      {"^1\\.[5-8]\\.1$", {"1.7.1"}, {"1.4.1", "1.7.10"}},
      {"^(?:1|2)\\.\\d+$", {"1.22"}, {"3.1"}},
      {"1.6.*|^0.*$|1.7.1", {"0.3", "1.7.1"}, {"1.7.2"}},
      {"1.2.3+4*", {"1.2.3+4.5"}, {"1.2.3", "1.2.3+5"}},
      {">=*", {"1"}, {}},
  };
  for (const Case& c : cases) {
    for (const char* version : c.yes)
      EXPECT_TRUE(matches(c.spec, version)) << c.spec << " " << version;
    for (const char* version : c.no)
      EXPECT_FALSE(matches(c.spec, version)) << c.spec << " " << version;
  }
}

TEST(VersionSpec, ErrorsPoint) {
  struct Case {
    const char* spec;
    const char* message;
    int column;
  };
  const Case cases[] = {
      {"=>1.26", "unknown version operator `=>` in the version specifier `=>1.26`", 1},
      {">=1,=>2", "unknown version operator `=>` in the version specifier `>=1,=>2`", 5},
      {"===1", "unknown version operator `===` in the version specifier `===1`", 1},
      {">=", "a version is missing after `>=` in the version specifier `>=`", 1},
      {"1.5||1.6", "a version is missing in the version specifier `1.5||1.6`", 5},
      {"(1.5", "a `(` is not closed in the version specifier `(1.5`", 1},
      {"1.5)", "expected `,` or `|` before `)` in the version specifier `1.5)`", 4},
      {"^1.5", "a regular expression must end with `$` in the version specifier `^1.5`", 1},
      {"1.0 2.0", "a space within the version `1.0 2.0` in the version specifier `1.0 2.0`", 1},
      {"* **", "a space within the version `* **` in the version specifier `* **`", 1},
      {">=1,<2..0", "a part of a version is empty in the version `2..0`", 8},
      {"~=3.3.2.*", "`~=` does not go with `*` in the version specifier `~=3.3.2.*`", 3},
      {"!=*", "`!=` does not go with `*`: nothing satisfies it in the version specifier `!=*`", 1},
      {"^(a)\\1$", "the expression `^(a)\\1$` is not understood: invalid escape sequence: \\1", 1},
  };
  for (const Case& c : cases) {
    try {
      VersionSpec::parse(c.spec);
      ADD_FAILURE() << c.spec;
    } catch (const Error& error) {
      EXPECT_EQ(error.message(), c.message);
      EXPECT_EQ(error.place().column, c.column) << c.spec;
    }
  }
}

TEST(VersionSpec, IsASetOfKeysWhereItCan) {
  EXPECT_EQ(VersionSpec::parse(">=1,<2").key_set()->intervals().size(), 1U);
  EXPECT_EQ(VersionSpec::parse("1.0|2.0").key_set()->intervals().size(), 2U);
  EXPECT_TRUE(VersionSpec::parse(">=1|<1").is_any());
  EXPECT_TRUE(VersionSpec::parse(">=2,<1").key_set()->empty());
  EXPECT_EQ(VersionSpec::parse("1.*.3").key_set(), nullptr);
}

TEST(VersionSpec, SurvivesManyParentheses) {
  EXPECT_THROW(VersionSpec::parse(std::string(100000, '(')), Error);
}

}  // namespace
}  // namespace kasane::resolver
