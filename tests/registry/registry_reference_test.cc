#include "registry/registry_reference.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"

namespace kasane::registry {
namespace {

const std::string kDigest = "sha256:" + std::string(64, 'a');

TEST(RegistryReference, WritesShortNamesOut) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"debian", "docker.io/library/debian"},
      {"debian:12", "docker.io/library/debian:12"},
      {"docker.io/debian", "docker.io/library/debian"},
      {"index.docker.io/debian", "docker.io/library/debian"},
      {"pytorch/pytorch:2", "docker.io/pytorch/pytorch:2"},
      {"localhost/a", "localhost/a"},
      {"localhost:5000/a/b:c", "localhost:5000/a/b:c"},
      {"127.0.0.1:5000/a", "127.0.0.1:5000/a"},
      {"[::1]:5000/a:b", "[::1]:5000/a:b"},
      {"[2001:db8::1]/a", "[2001:db8::1]/a"},
      {"MyWs.azurecr.io/azureml/azureml_0f:1", "myws.azurecr.io/azureml/azureml_0f:1"},
      {"mcr.microsoft.com/a/b:20.04.v1@" + kDigest, "mcr.microsoft.com/a/b:20.04.v1@" + kDigest},
      {"a@" + kDigest, "docker.io/library/a@" + kDigest},
      {"r.io/a__b/c-d/e---f.g_h", "r.io/a__b/c-d/e---f.g_h"},
      {"r.io/a:_x", "r.io/a:_x"},
  };
  for (const auto& [text, expected] : cases) {
    const auto reference = RegistryReference::parse(text);
    EXPECT_EQ(reference.render(), expected) << text;
    EXPECT_EQ(RegistryReference::parse(reference.render()), reference) << text;
  }
}

TEST(RegistryReference, TellsItsParts) {
  const auto reference = RegistryReference::parse("r.example:5000/a/b:v1@" + kDigest);
  EXPECT_EQ(reference.host(), "r.example:5000");
  EXPECT_EQ(reference.repository(), "a/b");
  EXPECT_EQ(reference.tag(), "v1");
  EXPECT_EQ(reference.digest()->render(), kDigest);
  EXPECT_EQ(reference.with_tag("v2").render(), "r.example:5000/a/b:v2");
}

TEST(RegistryReference, KnowsThisMachine) {
  for (const char* text : {"localhost/a", "localhost:5000/a", "127.0.0.1/a", "127.9.8.7:1/a",
                           "[::1]/a", "[::1]:5000/a"}) {
    EXPECT_TRUE(RegistryReference::parse(text).is_loopback()) << text;
  }
  for (const char* text : {"localhost.example/a", "128.0.0.1/a", "127.0.0.1.example/a", "[::2]/a",
                           "a", "127.example/a"}) {
    EXPECT_FALSE(RegistryReference::parse(text).is_loopback()) << text;
  }
}

TEST(RegistryReference, SaysWhatIsWrong) {
  struct Case {
    std::string text;
    std::string message;
    std::string hint;
  };
  const std::string repository =
      "expected a repository name of lower-case letters, digits and `.`, `_`, `-` between them, ";
  const std::string tag =
      "expected a tag of letters, digits, `_`, `.` and `-`, at most 128 of them, ";
  const std::vector<Case> cases = {
      {"r.io/Team/App", repository + "got `Team/App`", "write `team/app`"},
      {"r.io/a//b", repository + "got `a//b`", ""},
      {"r.io/", repository + "got ``", ""},
      {"a_-b", repository + "got `a_-b`", ""},
      {"a___b", repository + "got `a___b`", ""},
      {"a..b/c", "expected a registry host, got `a..b`", ""},
      {"-r.io/a", "expected a registry host, got `-r.io`", ""},
      {"r.io:0/a", "expected a registry host, got `r.io:0`", ""},
      {"r.io:65536/a", "expected a registry host, got `r.io:65536`", ""},
      {"[::g]/a", "expected a registry host, got `[::g]`", ""},
      {"[::1/a", "expected a registry host, got `[::1`", ""},
      {"a:", tag + "got ``", ""},
      {"a:.b", tag + "got `.b`", ""},
      {"a:b c", tag + "got `b c`", ""},
      {"a:" + std::string(129, 'x'), tag + "got `" + std::string(129, 'x') + "`", ""},
      {"a@sha512:00", "expected `sha256:` and 64 lower-case hex digits, got `sha512:00`", ""},
      {"https://r.io/a", "expected a registry reference, got a URL", "write `r.io/a`"},
      {"r.io/" + std::string(251, 'a'), "the name is longer than 255 characters", ""},
  };
  for (const Case& item : cases) {
    try {
      RegistryReference::parse(item.text);
      ADD_FAILURE() << item.text;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kUsage) << item.text;
      EXPECT_EQ(error.message(), item.message) << item.text;
      EXPECT_EQ(error.hint_text(), item.hint) << item.text;
      ASSERT_EQ(error.contexts().size(), 1U);
      EXPECT_EQ(error.contexts()[0], "in the image reference `" + item.text.substr(0, 300) + "`");
    }
  }
}

}  // namespace
}  // namespace kasane::registry
