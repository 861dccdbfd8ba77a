#include "registry/auth/challenge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kasane::registry {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Case {
  const char* field;
  std::vector<Challenge> expected;
};

TEST(Challenge, ReadsWhatRfc9110Allows) {
  const std::vector<Case> cases = {
      {"", {}},
      {" , ,", {}},
      {"Basic", {{"basic", {}}}},
      {"Basic realm=\"x\"", {{"basic", {{"realm", "x"}}}}},
      {"BASIC REALM=x", {{"basic", {{"realm", "x"}}}}},
      {"Basic realm = \"x\"", {{"basic", {{"realm", "x"}}}}},
      {"Basic realm=\"a \\\"b\\\\c\\\" d\"", {{"basic", {{"realm", "a \"b\\c\" d"}}}}},
      {"Basic realm=\"a, Bearer realm=b\"", {{"basic", {{"realm", "a, Bearer realm=b"}}}}},
      {"Negotiate YWJj==, Basic realm=\"x\"", {{"negotiate", {}}, {"basic", {{"realm", "x"}}}}},
      {"Negotiate, Basic realm=\"x\"", {{"negotiate", {}}, {"basic", {{"realm", "x"}}}}},
      {"Bearer realm=\"https://r/t\",service=\"s\",scope=\"repository:a:pull,push\"",
       {{"bearer",
         {{"realm", "https://r/t"}, {"service", "s"}, {"scope", "repository:a:pull,push"}}}}},
      {"Bearer realm=\"r\" , service=s,, Basic realm=\"x\", charset=\"UTF-8\"",
       {{"bearer", {{"realm", "r"}, {"service", "s"}}},
        {"basic", {{"realm", "x"}, {"charset", "UTF-8"}}}}},
  };
  for (const Case& one : cases) EXPECT_EQ(parse_challenges(one.field), one.expected) << one.field;
}

TEST(Challenge, EndsWhereAFieldCannotBeRead) {
  const std::vector<Case> cases = {
      {"Bearer realm=\"never closed", {}},
      {"Bearer realm=\"ends in \\", {}},
      {"=", {}},
      {"Basic realm=\"x\", (odd) y", {{"basic", {{"realm", "x"}}}}},
      {"Basic\x01realm", {}},
  };
  for (const Case& one : cases) EXPECT_EQ(parse_challenges(one.field), one.expected) << one.field;
}

TEST(Challenge, AnyBytesAreReadInBoundedWork) {
  std::string field;
  for (int i = 0; i < 10000; ++i) field += "a b=c, ";
  EXPECT_LE(parse_challenges(field).size(), 32U);
  for (unsigned seed = 0; seed < 500; ++seed) {
    std::string text;
    unsigned state = seed * 2654435761U + 1;
    for (int i = 0; i < 40; ++i) {
      state = state * 1664525U + 1013904223U;
      text += "aB=\", \\:\t"[(state >> 16) % 9];
    }
    for (const Challenge& one : parse_challenges(text)) EXPECT_FALSE(one.scheme.empty());
  }
}

TEST(Challenge, JoinsAllFieldsOfThatName) {
  HttpHeaders headers;
  headers.add("WWW-Authenticate", "Bearer realm=\"r\"");
  headers.add("Date", "Basic realm=\"no\"");
  headers.add("www-authenticate", "Basic realm=\"b\"");
  EXPECT_THAT(read_challenges(headers), ElementsAre(Challenge{"bearer", {{"realm", "r"}}},
                                                    Challenge{"basic", {{"realm", "b"}}}));
  EXPECT_THAT(read_challenges(HttpHeaders()), IsEmpty());
}

}  // namespace
}  // namespace kasane::registry
