#include "resolver/pypi/requirement.h"

#include <string>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"

namespace kasane::resolver::pypi {
namespace {

TEST(Requirement, ReadsItsParts) {
  const Requirement found = Requirement::parse(
      "  Foo.Bar [ B,a_c , a-C] (>=1.0, <2) ; python_version<'3.9' and extra=='X_y' ");
  EXPECT_EQ(found.name, "Foo.Bar");
  EXPECT_EQ(found.normalised_name(), "foo-bar");
  EXPECT_EQ(found.extras, (std::vector<std::string>{"a-c", "b"}));
  EXPECT_EQ(found.specifiers.render(), ">=1.0,<2");
  EXPECT_EQ(found.marker->render(), R"(python_version < "3.9" and extra == "x-y")");
  EXPECT_EQ(found.render(), R"(Foo.Bar[a-c,b]>=1.0,<2; python_version < "3.9" and extra == "x-y")");
}

TEST(Requirement, ReadsUrls) {
  const Requirement found =
      Requirement::parse("a[x]@https://h/a-1-py3-none-any.whl#sha256=00 ; os_name=='nt'");
  EXPECT_EQ(found.url, "https://h/a-1-py3-none-any.whl#sha256=00");
  EXPECT_TRUE(found.marker);
  EXPECT_EQ(Requirement::parse(found.render()), found);
  EXPECT_EQ(Requirement::parse("a @ git+ssh://git@github.com:o/r.git@main;x").url,
            "git+ssh://git@github.com:o/r.git@main;x");
}

TEST(Requirement, SaysWhatIsWrongAndWhere) {
  const std::tuple<std::string, std::string, int> cases[] = {
      {"", "expected the name of a distribution, found the end", 1},
      {"_a", "a name begins and ends with a letter or digit", 1},
      {"a_", "a name begins and ends with a letter or digit", 1},
      {"a[", "expected the name of an extra, found the end", 3},
      {"a[b", "expected `,` or `]`, found the end", 4},
      {"a[b,]", "expected the name of an extra, found `]`", 5},
      {"a[\xc3\xb6]", "expected the name of an extra, found `\xc3\xb6`", 3},
      {"a >=1 <2", "expected `,`, `;` or the end, found `<`", 7},
      {"a (>=1", "expected `,` or `)`, found the end", 7},
      {"a % 1", "expected `[`, `@`, `;`, a version specifier or the end, found `%`", 3},
      {"a=1", "expected `[`, `@`, `;`, a version specifier or the end, found `=`", 2},
      {"a>=1.*", "`>=` takes no `.*`, only `==` and `!=` do", 5},
      {"a~=1", "`~=` takes a version of two numbers at least", 4},
      {"a @ ", "expected a URL, found the end", 5},
      {"a @ https://h ;",
       "expected a marker variable such as `python_version`, or a text in quotes, found the end",
       16},
      {"a @ https://h b", "expected ` ;` and a marker, or the end, found `b`", 15},
      {"a; b=='c'",
       "expected a marker variable such as `python_version`, or a text in quotes, found `b`", 4},
      {"a; os_name=='c' x", "expected `and`, `or` or the end, found `x`", 17},
      {"a; os_name",
       "expected `==`, `!=`, `<=`, `>=`, `<`, `>`, `~=`, `===`, `in` or `not in`, found the end",
       11}};
  for (const auto& [text, message, column] : cases) {
    try {
      Requirement::parse(text);
      ADD_FAILURE() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kFailed);
      EXPECT_EQ(error.message(), message + " in the requirement `" + text + "`");
      EXPECT_EQ(error.place().column, column) << text;
      EXPECT_EQ(error.place().text, text);
    }
  }
}

TEST(Requirement, ShowsNoCredentials) {
  try {
    Requirement::parse("a @ https://user:secret@host/a.whl b");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.render().find("secret"), std::string::npos) << error.render();
    EXPECT_EQ(error.place().text, "a @ https://***********@host/a.whl b");
    EXPECT_EQ(error.place().column, 36);
  }
}

TEST(Requirement, ReadsMistakesOfRealMetadata) {
  const std::pair<std::string, std::string> cases[] = {
      {"elasticsearch-dsl (>=7.2.0<8.0.0)", "elasticsearch-dsl>=7.2.0,<8.0.0"},
      {"jupyter-core (~=4.7*)", "jupyter-core~=4.7"},
      {"tensorflow>=1.*", "tensorflow>=1"},
      {"foo (!=~5.0,>=4.12); python_version>='3'", "foo!=5.0.*,>=4.12; python_version >= \"3\""},
      {"foo[bar]>=2.7.*'; os_name == 'a'", "foo[bar]>=2.7; os_name == \"a\""},
      {"foo'", "foo"}};
  for (const auto& [text, rendered] : cases) {
    EXPECT_FALSE(Requirement::find(text)) << text;
    const auto found = Requirement::find_leniently(text);
    EXPECT_EQ(found ? found->render() : "", rendered) << text;
  }
}

TEST(Requirement, EqualsWhatMeansTheSame) {
  EXPECT_EQ(Requirement::parse("Foo_bar[A.b]==1.0"), Requirement::parse("foo-bar[a-b] == 1"));
  EXPECT_FALSE(Requirement::parse("foo") == Requirement::parse("foo[a]"));
}

}  // namespace
}  // namespace kasane::resolver::pypi
