#include "resolver/pypi/python_version.h"

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"

namespace kasane::resolver::pypi {
namespace {

TEST(PythonVersion, HasOneOrder) {
  const std::vector<std::string> sorted = {"0.dev0",
                                           "0",
                                           "1.0.dev0",
                                           "1.0.dev456",
                                           "1.0.dev456+local",
                                           "1.0a0",
                                           "1.0a1.dev1",
                                           "1.0a1",
                                           "1.0a1+l",
                                           "1.0a1.post0.dev0",
                                           "1.0a1.post0",
                                           "1.0a2",
                                           "1.0a10",
                                           "1.0b1",
                                           "1.0b2.post345.dev456",
                                           "1.0rc1",
                                           "1.0",
                                           "1.0+abc",
                                           "1.0+abcdef",
                                           "1.0+def",
                                           "1.0+0",
                                           "1.0+1.abc",
                                           "1.0+1.1",
                                           "1.0+1.1.0",
                                           "1.0+2",
                                           "1.0+10",
                                           "1.0.post0.dev0",
                                           "1.0.post0",
                                           "1.0.post1",
                                           "1.0.0.1",
                                           "1.0.1.dev1",
                                           "1.1.dev1",
                                           "1.2",
                                           "1.10",
                                           "2",
                                           "2013.10.1",
                                           "20130313142340",
                                           "99999999999999999999999999",
                                           "1!0.dev0",
                                           "1!1.0",
                                           "2!0"};
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    const PythonVersion a = PythonVersion::parse(sorted[i]);
    for (std::size_t j = 0; j < sorted.size(); ++j) {
      const PythonVersion b = PythonVersion::parse(sorted[j]);
      EXPECT_EQ(a <=> b, i <=> j) << sorted[i] << " and " << sorted[j];
    }
  }
}

TEST(PythonVersion, RendersNormalised) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"1.0RC1", "1.0rc1"},
      {"1.0-alpha.2", "1.0a2"},
      {"1.0_beta", "1.0b0"},
      {"1.0c3", "1.0rc3"},
      {"1.0.preview-4", "1.0rc4"},
      {"1.0-5", "1.0.post5"},
      {"1.0rev2", "1.0.post2"},
      {"1.0.r", "1.0.post0"},
      {"1.0DEV", "1.0.dev0"},
      {" v1.01\n", "1.1"},
      {"0!1.0", "1.0"},
      {"007!1", "7!1"},
      {"1.0+Ubuntu-1_x", "1.0+ubuntu.1.x"},
      {"1.0+007", "1.0+7"},
      {"1.0.0", "1.0.0"},
      {"1a1-2.dev3", "1a1.post2.dev3"},
      {"1.0.a.post.dev", "1.0a0.post0.dev0"}};
  for (const auto& [text, rendered] : cases) {
    const PythonVersion version = PythonVersion::parse(text);
    EXPECT_EQ(version.render(), rendered) << text;
    EXPECT_EQ(version, PythonVersion::parse(rendered)) << text;
  }
}

TEST(PythonVersion, EqualVersionsHaveEqualKeys) {
  for (const auto& [a, b] : std::vector<std::pair<std::string, std::string>>{
           {"1", "1.0.0"}, {"1.0a", "1A0"}, {"0!0", "0.0"}, {"1.0+a.b", "1+A-B"}}) {
    EXPECT_EQ(PythonVersion::parse(a).key(), PythonVersion::parse(b).key()) << a;
  }
  EXPECT_NE(PythonVersion::parse("1.0+1"), PythonVersion::parse("1.0+1.0"));
}

TEST(PythonVersion, KnowsPreReleasesAndLocalVersions) {
  for (const std::string text : {"1a1", "1.dev0", "1.post1.dev0", "1rc1.post1"}) {
    EXPECT_TRUE(PythonVersion::parse(text).is_prerelease()) << text;
  }
  for (const std::string text : {"1", "1.post1", "1+dev"}) {
    EXPECT_FALSE(PythonVersion::parse(text).is_prerelease()) << text;
  }
  EXPECT_TRUE(PythonVersion::parse("1+a").has_local());
  EXPECT_FALSE(PythonVersion::parse("1").has_local());
}

TEST(PythonVersion, SaysWhatIsWrongAndWhere) {
  const std::vector<std::tuple<std::string, std::string, int>> cases = {
      {"", "a version is empty in the version ``", 1},
      {"french", "a version begins with a number in the version `french`", 1},
      {"1.0+", "expected the end, found `+` in the version `1.0+`", 4},
      {"1.x", "expected the end, found `.` in the version `1.x`", 2},
      {"1. 0", "expected the end, found `.` in the version `1. 0`", 2},
      {"1!2!3", "expected the end, found `!` in the version `1!2!3`", 4},
      {"1.0\xc2\xb5", "expected the end, found `\xc2\xb5` in the version `1.0\xc2\xb5`", 4}};
  for (const auto& [text, message, column] : cases) {
    try {
      PythonVersion::parse(text);
      ADD_FAILURE() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kFailed);
      EXPECT_EQ(error.message(), message);
      EXPECT_EQ(error.place().column, column) << text;
    }
  }
}

TEST(PythonVersion, RefusesWhatIsTooLong) {
  EXPECT_TRUE(PythonVersion::find(std::string(250, '9')));
  EXPECT_FALSE(PythonVersion::find(std::string(251, '9')));
  EXPECT_FALSE(PythonVersion::find("1+" + std::string(251, 'a')));
  std::string many = "1";
  while (many.size() <= 4000) many += ".1";
  EXPECT_FALSE(PythonVersion::find(many));
}

std::string random_version(std::mt19937& random) {
  const auto pick = [&](std::vector<std::string> words) { return words[random() % words.size()]; };
  std::string out = pick({"", "", "", "1!", "2!"}) + pick({"0", "1", "2", "10"});
  for (std::size_t i = random() % 4; i > 0; --i) out += "." + pick({"0", "0", "1", "2", "10"});
  out += pick({"", "", "a0", "a1", "b2", "rc10"});
  out += pick({"", "", ".post0", ".post3"});
  out += pick({"", "", ".dev0", ".dev9"});
  return out + pick({"", "", "", "+1", "+a", "+a.1", "+1.a"});
}

/// PEP 440's order, said in another way: as a list of numbers.
std::vector<long> order_of(const VersionParts& parts) {
  std::vector<long> out = {std::stol(parts.epoch)};
  for (std::size_t i = 0; i < 6; ++i) {
    out.push_back(i < parts.release.size() ? std::stol(parts.release[i]) : 0);
  }
  const std::string phase = parts.pre ? parts.pre->phase : "";
  const bool dev_only = !parts.pre && !parts.post && parts.dev;
  out.push_back(phase == "a" ? 1 : phase == "b" ? 2 : phase == "rc" ? 3 : dev_only ? 0 : 4);
  out.push_back(parts.pre ? std::stol(parts.pre->number) : 0);
  out.push_back(parts.post ? std::stol(*parts.post) : -1);
  out.push_back(parts.dev ? std::stol(*parts.dev) : 1000);
  std::string rest = parts.local;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('.'), rest.size());
    const std::string part = rest.substr(0, end);
    out.push_back(part[0] >= '0' && part[0] <= '9' ? 2000 + std::stol(part) : part[0]);
    rest.erase(0, end + 1);
  }
  return out;
}

TEST(PythonVersion, OrderIsThatOfItsParts) {
  std::mt19937 random(1);
  for (int i = 0; i < 5000; ++i) {
    const PythonVersion a = PythonVersion::parse(random_version(random));
    const PythonVersion b = PythonVersion::parse(random_version(random));
    EXPECT_EQ(a <=> b, order_of(a.parts()) <=> order_of(b.parts())) << a.text() << " " << b.text();
    const PythonVersion again = PythonVersion::parse(a.render());
    EXPECT_EQ(again, a) << a.text();
    EXPECT_EQ(again.render(), a.render());
  }
}

}  // namespace
}  // namespace kasane::resolver::pypi
