#include "resolver/conda/url_credentials.h"

#include <gtest/gtest.h>

namespace kasane::resolver {
namespace {

TEST(UrlCredentials, AreTakenOutAndPutBack) {
  struct Case {
    const char* url;
    const char* clean;
    const char* asked;
    const char* shown;
  };
  const Case cases[] = {
      {"https://h/c/a.conda", "https://h/c/a.conda", "https://h/c/a.conda", "https://h/c/a.conda"},
      {"https://u:p@h/c/a.conda", "https://h/c/a.conda", "https://h/c/a.conda",
       "https://***@h/c/a.conda"},
      {"https://u:p@ss@h:8/c", "https://h:8/c", "https://h:8/c", "https://***@h:8/c"},
      {"https://h/t/tok/c/a.conda", "https://h/c/a.conda", "https://h/t/tok/c/a.conda",
       "https://h/t/***/c/a.conda"},
      {"http://h/x/t/tok/c", "http://h/x/c", "http://h/x/t/tok/c", "http://h/x/t/***/c"},
      {"https://h/c?sig=abc", "https://h/c", "https://h/c?sig=abc", "https://h/c?***"},
      {"file:///t/x/a.conda", "file:///t/x/a.conda", "file:///t/x/a.conda", "file:///t/x/a.conda"},
  };
  for (const Case& c : cases) {
    const SplitUrl split = split_credentials(c.url);
    EXPECT_EQ(split.url, c.clean) << c.url;
    const UrlCredentials none;
    EXPECT_EQ(url_with_token(split.url, split.credentials.value_or(none)).reveal(), c.asked);
    EXPECT_EQ(redact_urls(c.url), c.shown);
  }
}

TEST(UrlCredentials, LeaveDirectoriesNamedTOfOtherSites) {
  const std::string url = "https://files.example/packages/source/t/toolz/toolz-1.0.whl";
  EXPECT_EQ(split_credentials(url, UrlTokens::kNone).url, url);
}

TEST(UrlCredentials, TellAUser) {
  const auto user = [](const char* url) { return find_user(*split_credentials(url).credentials); };
  EXPECT_EQ(user("https://Aladdin:open%20sesame@h/"), (UserInfo{"Aladdin", "open sesame"}));
  EXPECT_EQ(user("https://a@h/"), (UserInfo{"a", ""}));
  EXPECT_EQ(user("https://ab:@h/"), (UserInfo{"ab", ""}));
  EXPECT_EQ(user("https://a:b:c@h/"), (UserInfo{"a", "b:c"}));
  EXPECT_EQ(user("https://h/t/token/"), std::nullopt);
}

TEST(UrlCredentials, AreRedactedInALineOfText) {
  EXPECT_EQ(redact_urls("a https://u:p@h/x#1 b 'http://h/t/q/y' (https://h?k) c"),
            "a https://***@h/x#1 b 'http://h/t/***/y' (https://h?***) c");
}

TEST(UrlCredentials, PercentDecodingLeavesStrayPercentSigns) {
  EXPECT_EQ(percent_decode("a%2Bb%2bc%zz%"), "a+b+c%zz%");
}

}  // namespace
}  // namespace kasane::resolver
