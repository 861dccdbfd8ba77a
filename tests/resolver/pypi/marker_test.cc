#include "resolver/pypi/marker.h"

#include <string>

#include <gtest/gtest.h>

#include "base/error.h"

namespace kasane::resolver::pypi {
namespace {

TEST(Marker, HoldsForTheTargetNotForThisMachine) {
  MarkerEnvironment environment = MarkerEnvironment::cpython("3.11.4", "aarch64");
  environment.platform_release = "6.1.0-generic";
  const std::pair<std::string, bool> cases[] = {
      {"python_version >= '3.9'", true},
      {"python_version < '3.9'", false},
      {"python_version == '3.1'", false},
      {"python_version >= '3.9' and python_version < '3.11'", false},
      {"'3.9' <= python_version", true},
      {"'3.12' <= python_version", false},
      {"python_full_version == '3.11.*'", true},
      {"python_full_version ~= '3.11.0'", true},
      {"implementation_version >= '3.11.4'", true},
      {"platform_machine == 'aarch64'", true},
      {"platform_machine == 'x86_64' or sys_platform == 'linux'", true},
      {"sys_platform == 'linux' or os_name == 'nt' and os_name == 'x'", true},
      {"(sys_platform == 'linux' or os_name == 'nt') and os_name == 'x'", false},
      {"python_version in '3.10 3.11'", true},
      {"python_version not in '2.7 3.8'", true},
      {"'linux' in sys_platform", true},
      {"sys_platform < 'z'", false},
      {"sys_platform >= 'linux'", true},
      {"platform_release >= '5'", false},
      {"platform_system != 'Windows'", true},
      {"platform.python_implementation == 'CPython'", true},
      {"os_name == 'posix' or os_name ~= 'x'", true},
      {"extra == 'test'", false},
      {"extra != 'test'", true}};
  for (const auto& [text, expected] : cases) {
    EXPECT_EQ(Marker::parse(text).evaluate(environment), expected) << text;
  }
}

TEST(Marker, HoldsForAnExtra) {
  const Marker marker = Marker::parse("extra == 'Test_All' and os_name == 'posix'");
  const MarkerEnvironment environment = MarkerEnvironment::cpython("3.11.4");
  EXPECT_TRUE(marker.evaluate(environment, "test-all"));
  EXPECT_TRUE(marker.evaluate(environment, "TEST.ALL"));
  EXPECT_FALSE(marker.evaluate(environment, "test"));
  EXPECT_TRUE(marker.mentions_extra());
  EXPECT_FALSE(Marker::parse("os_name == 'extra'").mentions_extra());
}

TEST(Marker, RefusesComparisonsThatMeanNothing) {
  for (const std::string text : {"os_name ~= 'x'", "os_name === 'x'", "python_version ~= 'x'",
                                 "extras == 'x'", "'x' == extras"}) {
    try {
      Marker::parse(text).evaluate(MarkerEnvironment::cpython("3.11.4"));
      ADD_FAILURE() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kFailed);
      EXPECT_TRUE(error.message().ends_with("` compares what cannot be compared in this way"));
    }
  }
}

TEST(Marker, ReadsPythonsEscapes) {
  MarkerEnvironment environment;
  environment.platform_version = "a\\b\"c'\n\xc3\xb6";
  const Marker marker = Marker::parse(R"(platform_version == 'a\\b\x22c\x27\n\u00f6')");
  EXPECT_TRUE(marker.evaluate(environment));
  EXPECT_EQ(marker.render(), "platform_version == \"a\\\\b\\x22c'\\x0a\xc3\xb6\"");
  EXPECT_EQ(Marker::parse(marker.render()), marker);
  EXPECT_EQ(Marker::parse(R"(os_name == "\d")").render(), R"(os_name == "\\d")");
  const std::string texts[] = {R"(os_name == "\x1")",
                               R"(os_name == "\N{BULLET}")",
                               "os_name == \"a\nb\"",
                               R"(os_name == "\ud800")",
                               R"(os_name == "\0")",
                               "os_name == '\\\n'",
                               std::string("os_name == '\\\0'", 15),
                               R"(os_name == "\)"};
  for (const std::string& text : texts) {
    EXPECT_THROW(Marker::parse(text), Error) << text;
  }
}

TEST(Marker, KeepsParenthesesThatMatter) {
  const std::pair<std::string, std::string> cases[] = {
      {"((os_name=='a'))", R"(os_name == "a")"},
      {"(os_name=='a')and(os_name=='b' or os_name=='c')",
       R"(os_name == "a" and (os_name == "b" or os_name == "c"))"},
      {"'\"' == os.name", R"('"' == os_name)"},
      {"python_implementation=='x'", R"(platform_python_implementation == "x")"}};
  for (const auto& [text, rendered] : cases) {
    EXPECT_EQ(Marker::parse(text).render(), rendered);
    EXPECT_EQ(Marker::parse(rendered).render(), rendered);
  }
}

TEST(Marker, RefusesEndlessParentheses) {
  const std::string comparison = "os_name == 'a'";
  EXPECT_NO_THROW(Marker::parse(std::string(100, '(') + comparison + std::string(100, ')')));
  EXPECT_THROW(Marker::parse(std::string(101, '(') + comparison + std::string(101, ')')), Error);
  EXPECT_THROW(Marker::parse("'a' == 'b'"), Error);
}

}  // namespace
}  // namespace kasane::resolver::pypi
