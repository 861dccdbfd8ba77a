#include "registry/auth/docker_config.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/support/temporary_directory.h"

namespace kasane::registry {
namespace {

using testing::TemporaryDirectory;

Credential find(std::string_view text, std::string_view host, std::string_view repository = "app") {
  return DockerConfig::parse(text, "`config.json`").find_credential(host, repository);
}

const Credential kBob = Password{"bob", Secret("pa:ss")};  // Ym9iOnBhOnNz

TEST(DockerConfig, FindsTheEntryOfAHost) {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {R"({"auths":{"r.example":{"auth":"Ym9iOnBhOnNz"}}})", "r.example"},
      {R"({"auths":{"https://r.example:5000/v2/":{"auth":"Ym9iOnBhOnNz"}}})", "r.example:5000"},
      {R"({"auths":{"https://index.docker.io/v1/":{"auth":"Ym9iOnBhOnNz"}}})", "docker.io"},
      {R"({"auths":{"r.example":{"username":"bob","password":"pa:ss"}}})", "r.example"},
      {R"({"auths":{"r.example/app":{"auth":"Ym9iOnBhOnNz"},"r.example":{}}})", "r.example"},
  };
  for (const auto& [text, host] : cases) EXPECT_TRUE(find(text, host) == kBob) << text;
  EXPECT_TRUE(find(R"({"auths":{"r.example":{"auth":"Ym9iOnBhOnNz"}}})", "r.example:5000") ==
              Credential(Anonymous{}));
  EXPECT_TRUE(find(R"({"auths":{"r.example":{"auth":"Ym9iOg==","identitytoken":"t"}}})",
                   "r.example") == Credential(IdentityToken{Secret("t")}));
  EXPECT_TRUE(find("{}", "r.example") == Credential(Anonymous{}));
}

TEST(DockerConfig, SaysWhatIsWrongWithoutShowingIt) {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {R"({"auths":{"r":{"auth":"c2VjcmV0"}}})",
       "error: the entry `r` of `config.json` has an `auth` that is not `user:password` in base64\n"
       "hint: repair the file, or log in again\n"},
      {R"({"auths":{"r":{"auth":"***"}}})",
       "error: the entry `r` of `config.json` has an `auth` that is not `user:password` in base64\n"
       "hint: repair the file, or log in again\n"},
      {R"({"credsStore":"../evil"})",
       "error: `config.json` names a credential helper `../evil`, expected letters, digits, `-`, "
       "`_` and `.`\nhint: repair the file, or log in again\n"},
      {R"([])",
       "error: `config.json` is a JSON array, expected an object\n"
       "hint: repair the file, or log in again\n"},
  };
  for (const auto& [text, expected] : cases) {
    try {
      DockerConfig::parse(text, "`config.json`");
      ADD_FAILURE() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.render(), expected);
      EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    }
  }
}

TEST(DockerConfig, AHostsOwnHelperGoesBeforeTheStore) {
  const auto config = DockerConfig::parse(
      R"({"credsStore":"all","credHelpers":{"https://r.example":"one"}})", "`config.json`");
  EXPECT_EQ(config.find_helper("r.example"), "one");
  EXPECT_EQ(config.find_helper("docker.io"), "all");
  EXPECT_EQ(DockerConfig::parse("{}", "x").find_helper("r.example"), std::nullopt);
}

TEST(Secret, PrintsAsStars) {
  std::ostringstream out;
  out << Secret("hunter2");
  EXPECT_EQ(out.str(), "***");
  EXPECT_EQ(fmt::format("{}", Secret("hunter2")), "***");
}

class CredentialHelper : public ::testing::Test {
 protected:
  void install(const std::string& body) {
    const auto path = directory_.path() / "docker-credential-test";
    std::ofstream(path) << "#!/bin/sh\n" << body << "\n";
    ::chmod(path.c_str(), 0755);
  }
  Credential ask(std::string_view host = "r.example") {
    return ask_helper({runner_.get(), {"/nowhere", directory_.path().native()}, {}}, "test", host);
  }

  // Programs cannot be run from every memory disk.
  TemporaryDirectory directory_{std::filesystem::temp_directory_path()};
  std::unique_ptr<CommandRunner> runner_ = make_posix_command_runner();
};

TEST_F(CredentialHelper, IsAskedByTheHostsName) {
  install(R"(read -r host; echo "{\"Username\":\"$1\",\"Secret\":\"for $host\"}")");
  EXPECT_TRUE(ask() == Credential(Password{"get", Secret("for r.example")}));
  EXPECT_TRUE(ask("docker.io") ==
              Credential(Password{"get", Secret("for https://index.docker.io/v1/")}));
}

TEST_F(CredentialHelper, MayGiveAnIdentityToken) {
  install(R"(echo '{"Username":"<token>","Secret":"t"}')");
  EXPECT_TRUE(ask() == Credential(IdentityToken{Secret("t")}));
}

TEST_F(CredentialHelper, MayKnowNothing) {
  install("echo 'credentials not found in native keychain'; exit 1");
  EXPECT_TRUE(ask() == Credential(Anonymous{}));
  const auto config = DockerConfig::parse(
      R"({"credsStore":"test","auths":{"r.example":{"auth":"Ym9iOnBhOnNz"}}})", "x");
  const auto source = credentials_of(config, {runner_.get(), {directory_.path().native()}, {}});
  EXPECT_TRUE(source("r.example", "app") == kBob);
}

TEST_F(CredentialHelper, FailsWithoutShowingWhatItWrote) {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"echo hunter2; exit 3", "`docker-credential-test` ended with code 3"},
      {"echo hunter2", "the answer of `docker-credential-test` is no valid JSON at byte 1"},
  };
  for (const auto& [body, expected] : cases) {
    install(body);
    try {
      ask();
      ADD_FAILURE() << body;
    } catch (const Error& error) {
      EXPECT_EQ(error.message(), expected);
      EXPECT_EQ(error.render().find("hunter2"), std::string::npos);
    }
  }
}

TEST_F(CredentialHelper, ThatIsMissingIsNamed) {
  try {
    ask();
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.message(), "cannot find the credential helper `docker-credential-test`");
  }
}

}  // namespace
}  // namespace kasane::registry
