#include "base/url.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace kasane {
namespace {

TEST(Url, RendersWhatItParsed) {
  const struct {
    const char* text;
    const char* rendered;
  } cases[] = {
      {"https://conda.anaconda.org/conda-forge/linux-64/a-1.conda",
       "https://conda.anaconda.org/conda-forge/linux-64/a-1.conda"},
      {"HTTPS://Example.ORG", "https://example.org/"},
      {"https://example.org:443/x", "https://example.org/x"},
      {"http://example.org:80/x", "http://example.org/x"},
      {"http://example.org:443/x", "http://example.org:443/x"},
      {"http://example.org:8080/x?q=1&r#fragment", "http://example.org:8080/x?q=1&r"},
      {"http://example.org/a/../b/./c", "http://example.org/b/c"},
      {"http://[::1]:5000/v2/", "http://[::1]:5000/v2/"},
      {"http://example.org/a b", "http://example.org/a%20b"},
      {"http://example.org/a%2fb", "http://example.org/a%2fb"},
      {"file:///tmp/x.conda", "file:///tmp/x.conda"},
      {"https://user:word@example.org/x", "https://example.org/x"},
  };
  for (const auto& [text, rendered] : cases) {
    const Url url = Url::parse(text);
    EXPECT_EQ(url.render(), rendered);
    EXPECT_EQ(Url::parse(url.render()).render(), rendered);
  }
}

TEST(Url, SplitsOffUserAndPassword) {
  const Url url = Url::parse("https://me%40home:a%2Fb@example.org:8443/x");
  EXPECT_EQ(url.user_info(), (UserInfo{"me@home", "a/b"}));
  EXPECT_EQ(url.host(), "example.org");
  EXPECT_EQ(url.port(), 8443);
  EXPECT_FALSE(Url::parse("https://example.org/x@y").user_info());
}

TEST(Url, ShowsNoSecretsToPeople) {
  EXPECT_EQ(Url::parse("https://u:p@example.org/x?sig=secret").redacted(),
            "https://example.org/x?***");
  EXPECT_EQ(Url::parse("https://conda.example.org/t/tk-secret/channel/a.conda").redacted(),
            "https://conda.example.org/t/***/channel/a.conda");
  EXPECT_EQ(Url::parse("https://example.org/t/tk-secret").redacted(), "https://example.org/t/***");
  EXPECT_EQ(redact_url("https://u:p@w@example.org/x@y?sig=secret"), "https://***@example.org/x@y");
  EXPECT_EQ(redact_url("https://x:y:z/t/tk-secret/a#b"), "https://x:y:z/t/***/a");
  EXPECT_EQ(redact_url("no URL"), "no URL");
}

TEST(Url, RefusesWhatIsNone) {
  for (const char* text : {"", "/path", "example.org/x", "http://", "http://exa mple.org/",
                           "http://example.org:99999/", "http://a\nb/", "://x"}) {
    EXPECT_THROW(Url::parse(text), Error) << text;
  }
  EXPECT_THROW(Url::parse(std::string_view("http://a/\0b", 11)), Error);
  try {
    Url::parse("https://user:secret@example.org:x/y?sig=secret");
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    EXPECT_EQ(error.message(),
              "expected a URL, got `https://***@example.org:x/y`: Port number was not a decimal "
              "number between 0 and 65535");
  }
}

TEST(Url, ResolvesReferences) {
  const Url base = Url::parse("https://u:p@example.org:8443/a/b?q=1");
  const struct {
    const char* reference;
    const char* resolved;
  } cases[] = {
      {"c", "https://example.org:8443/a/c"},        {"/c?d=e", "https://example.org:8443/c?d=e"},
      {"../c", "https://example.org:8443/c"},       {"//other.org/c", "https://other.org/c"},
      {"http://other.org/c", "http://other.org/c"}, {"file:///etc/passwd", "file:///etc/passwd"},
  };
  for (const auto& [reference, resolved] : cases) {
    EXPECT_EQ(base.resolve(reference).render(), resolved);
  }
}

TEST(Url, KnowsItsOrigin) {
  const Url url = Url::parse("https://example.org/a");
  EXPECT_TRUE(url.same_origin(Url::parse("https://EXAMPLE.org:443/b")));
  EXPECT_FALSE(url.same_origin(Url::parse("https://example.org:444/a")));
  EXPECT_FALSE(url.same_origin(Url::parse("http://example.org:443/a")));
  EXPECT_FALSE(url.same_origin(Url::parse("https://www.example.org/a")));
}

TEST(Url, CanBeAskedForSomebodyElse) {
  const Url url = Url::parse("https://me:secret@example.org/a").with_user({"you", "other"});
  EXPECT_EQ(url.user_info(), (UserInfo{"you", "other"}));
  EXPECT_EQ(url.render(), "https://example.org/a");
}

TEST(Url, GivesThePathOfALocalFile) {
  EXPECT_EQ(Url::parse("file:///tmp/a%20b/c+d").local_path(), "/tmp/a b/c+d");
  EXPECT_THROW(Url::parse("https://example.org/x").local_path(), Error);
  for (const char* path : {"/tmp/a", "/tmp/a b%20c?d#e", "/tmp/\xc3\xbc;+@:"}) {
    EXPECT_EQ(Url::of_file(path).local_path(), path);
    EXPECT_EQ(Url::parse(Url::of_file(path).render()).local_path(), path);
  }
}

}  // namespace
}  // namespace kasane
