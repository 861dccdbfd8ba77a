#include <string>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"
#include "resolver/pypi/mended_text.h"
#include "resolver/pypi/specifier_set.h"

namespace kasane::resolver::pypi {
namespace {

bool contains(const std::string& specifier, const std::string& version) {
  return SpecifierSet::parse(specifier).contains(PythonVersion::parse(version));
}

TEST(Specifier, ContainsVersions) {
  struct Case {
    std::string specifier;
    std::vector<std::string> inside;
    std::vector<std::string> outside;
  };
  const Case cases[] = {
      {"==1.0", {"1", "1.0.0", "1.0+local"}, {"1.0.post1", "1.0a1", "1.0.1", "1!1.0"}},
      {"==1.0+a", {"1+a", "1.0+A"}, {"1.0", "1.0+a.1", "1.0+b"}},
      {"!=1.0", {"1.0.post1", "1.0a1", "2"}, {"1.0", "1.0+local"}},
      {"==1.2.*", {"1.2", "1.2.dev0", "1.2a1", "1.2.9", "1.2.post1", "1.2+x"}, {"1.3.dev0", "1.1"}},
      {"!=1.2.*", {"1.3.dev0", "1.1.9"}, {"1.2.dev0", "1.2.3"}},
      {"==1.9.*", {"1.9.9"}, {"1.10.dev0", "1.10"}},
      {"==1!0.*", {"1!0.5"}, {"0.5", "1!1"}},
      {"~=1.4.2", {"1.4.2", "1.4.9", "1.4.2.post1", "1.4.10a1"}, {"1.4.1", "1.5.dev0", "1.4.2a1"}},
      {"~=2.2", {"2.2", "2.9"}, {"3.0.dev0", "2.1"}},
      {"~=2.2.0", {"2.2.5"}, {"2.3"}},
      {"~=1.0.post2", {"1.0.post3", "1.9"}, {"1.0.post1", "2"}},
      {">=1.0", {"1.0", "1.0+l", "1.0.post1", "1.1.dev0"}, {"1.0rc1", "0.9"}},
      {">1.0", {"1.0.1", "1.1.dev0"}, {"1.0", "1.0+l", "1.0.post1", "1.0.post1.dev1"}},
      {">1.0.post1", {"1.0.post2", "1.0.post2.dev0"}, {"1.0.post1", "1.0.post1+l"}},
      {">1.0a1", {"1.0a2.dev0", "1.0"}, {"1.0a1", "1.0a1.post1", "1.0a1+l"}},
      {">1.0.dev1", {"1.0.dev2", "1.0a1"}, {"1.0.dev1", "1.0.dev1+l"}},
      {"<=1.0", {"1.0", "1.0+l", "1.0a1"}, {"1.0.post1", "1.0.0.1"}},
      {"<1.0", {"0.9", "0.9.post1"}, {"1.0", "1.0a1", "1.0.dev0"}},
      {"<1.0rc1", {"1.0b1", "1.0.dev0"}, {"1.0rc1"}},
      {"<1.0.post1", {"1.0", "1.0+l", "1.0.post0"}, {"1.0.post1", "1.0.post1.dev0"}},
      {"===1.0", {"1.0"}, {"1", "1.0.0", "1.0+l"}},
      {"===1.0RC1", {"1.0rc1"}, {"1.0c1"}},
      {">=1, <2 ,!=1.5.*", {"1", "1.4", "1.6"}, {"1.5", "1.5a1", "2", "2a1"}},
      {"", {"0", "1a1"}, {}},
      {" , ,", {"1"}, {}}};
  for (const Case& c : cases) {
    for (const auto& version : c.inside)
      EXPECT_TRUE(contains(c.specifier, version)) << c.specifier << " " << version;
    for (const auto& version : c.outside)
      EXPECT_FALSE(contains(c.specifier, version)) << c.specifier << " " << version;
  }
}

TEST(Specifier, TakesTextsThatAreNoVersions) {
  EXPECT_TRUE(SpecifierSet::parse("===2004d").contains_text("2004D"));
  EXPECT_FALSE(SpecifierSet::parse("===2004d,>1").contains_text("2004d"));
  EXPECT_FALSE(SpecifierSet::parse("!=1").contains_text("2004d"));
  EXPECT_TRUE(SpecifierSet().contains_text("2004d"));
}

TEST(Specifier, SelectsPreReleasesOnlyWhereTheyAreWanted) {
  std::vector<PythonVersion> versions;
  for (const std::string text : {"1.0", "1.1a1", "2.0rc1"}) {
    versions.push_back(PythonVersion::parse(text));
  }
  using Places = std::vector<std::size_t>;
  const std::tuple<std::string, Prereleases, Places> cases[] = {
      {"", Prereleases::kIfNeeded, {0}},
      {"", Prereleases::kAllowed, {0, 1, 2}},
      {">1.0", Prereleases::kIfNeeded, {1, 2}},
      {">1.0", Prereleases::kForbidden, {}},
      {">=1.0,<2.0a1", Prereleases::kIfNeeded, {0, 1}},
      {"!=2.0rc1", Prereleases::kIfNeeded, {0}},
      {"==2.0rc1", Prereleases::kIfNeeded, {2}}};
  for (const auto& [text, rule, places] : cases) {
    EXPECT_EQ(SpecifierSet::parse(text).select(versions, rule), places) << text;
  }
}

TEST(Specifier, SaysWhatIsWrongAndWhere) {
  const std::tuple<std::string, std::string, int> cases[] = {
      {"2.0", "expected `==`, `!=`, `<=`, `>=`, `<`, `>`, `~=` or `===`, found `2`", 1},
      {"=>2.0", "expected `==`, `!=`, `<=`, `>=`, `<`, `>`, `~=` or `===`, found `=`", 1},
      {"==", "expected a version after `==`, found the end", 3},
      {">=1,<x", "expected a version after `<`, found `x`", 6},
      {">= 1.*", "`>=` takes no `.*`, only `==` and `!=` do", 5},
      {"<1.0+a", "`<` takes no local version, only `==` and `!=` do", 5},
      {"==1a1.*", "`.*` follows numbers only", 6},
      {"~=1", "`~=` takes a version of two numbers at least", 3},
      {"==1.*.2", "expected the end of a version, found `.`", 4},
      {"==1 2", "expected the end of a version, found ` `", 4}};
  for (const auto& [text, message, column] : cases) {
    try {
      SpecifierSet::parse(text);
      ADD_FAILURE() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kFailed);
      EXPECT_TRUE(error.message().starts_with(message + " in the version specifier `"))
          << error.message();
      EXPECT_EQ(error.place().column, column) << text;
      EXPECT_EQ(error.place().text, text);
    }
  }
}

TEST(Specifier, RendersWhatItReads) {
  for (const std::string text : {">=1.0,<2", "==1.*", "===Some-Thing", "~=1.0a1", "!=1+l"}) {
    EXPECT_EQ(SpecifierSet::parse(text).render(), text);
  }
  EXPECT_EQ(SpecifierSet::parse(" >= 1 , ,< v2 ").render(), ">=1,<v2");
}

TEST(Specifier, EqualsWhatMeansTheSame) {
  EXPECT_EQ(SpecifierSet::parse(">=1.0,<2"), SpecifierSet::parse("<2.0,>=1"));
  EXPECT_NE(SpecifierSet::parse("~=1.0"), SpecifierSet::parse("~=1.0.0"));
  EXPECT_NE(SpecifierSet::parse("==1.0.*"), SpecifierSet::parse("==1.*"));
  EXPECT_NE(SpecifierSet::parse(">1"), SpecifierSet::parse(">1,>1"));
}

TEST(MendedText, PutsKnownMistakesRight) {
  const std::pair<std::string, std::string> specifiers[] = {
      {">=3.5.*", ">=3.5"},
      {">=2.7,!=3.0*,!=3.1*", ">=2.7,!=3.0.*,!=3.1.*"},
      {">=7.2.0<8.0.0", ">=7.2.0,<8.0.0"},
      {">=7.2.0 <8.0.0", ">=7.2.0,<8.0.0"},
      {"'>=3.6'", ">=3.6"},
      {"\">=3.6\"", ">=3.6"},
      {">=2.7, !=3.0.*'", ">=2.7,!=3.0.*"},
      {"!=~5.0,>=4.12", "!=5.0.*,>=4.12"},
      {">=1.9,", ">=1.9"},
      {"<3.4.*", "<3.4"},
      {">dev", ">0.0.0dev"},
      {">=9.0.0a1.0", ">=9.0.0a1"},
      {">= 3.*", ">=3"}};
  for (const auto& [wrong, right] : specifiers) {
    EXPECT_EQ(mend_specifier(wrong), right);
    const auto found = SpecifierSet::find_leniently(wrong);
    ASSERT_TRUE(found) << wrong;
    EXPECT_EQ(*found, SpecifierSet::parse(right));
  }
  for (const std::string hopeless : {"", "3.6", ">=3.6 or so", "=>1", ">=abc"}) {
    EXPECT_EQ(SpecifierSet::find_leniently(hopeless).has_value(), hopeless.empty()) << hopeless;
  }
}

}  // namespace
}  // namespace kasane::resolver::pypi
