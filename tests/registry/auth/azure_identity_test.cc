#include "registry/auth/azure_identity.h"

#include <atomic>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/support/http_server.h"
#include "tests/support/run_tool.h"
#include "tests/support/temporary_directory.h"

namespace kasane::registry {
namespace {

using testing::has_tool;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::run_tool;
using testing::TemporaryDirectory;
using Variables = std::map<std::string, std::string>;
using Source = AzureIdentity::Source;

constexpr const char* kAnswer = R"({"access_token":"entra-SECRET","expires_in":3600})";

class AzureIdentityTest : public ::testing::Test {
 protected:
  AzureIdentity identity(const Variables& variables) {
    return AzureIdentity(AzureSettings::from([&](const std::string& name) {
                           const auto found = variables.find(name);
                           return found == variables.end() ? std::nullopt
                                                           : std::optional(found->second);
                         }),
                         {*http_,
                          *http_,
                          files_,
                          *runner_,
                          {directory_.path().native()},
                          {},
                          [this] { return now_; },
                          [] { return std::chrono::system_clock::time_point(); },
                          {.pause = [this](auto) { ++pauses_; }}});
  }
  std::string file(const std::string& name, const std::string& text) {
    const auto path = directory_ / name.c_str();
    std::ofstream(path) << text;
    return path.native();
  }
  /// A program `az` that prints this.
  void install_az(const std::string& script) {
    const std::string path = file("az", "#!/bin/sh\n" + script + "\n");
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  }

  TemporaryDirectory directory_;
  PosixFileSystem files_;
  std::unique_ptr<CommandRunner> runner_ = make_posix_command_runner();
  std::unique_ptr<HttpClient> http_ = make_curl_client({.proxies_from_environment = false});
  std::chrono::steady_clock::time_point now_{};
  int pauses_ = 0;
};

Variables principal(const HttpServer& authority) {
  return {{"AZURE_TENANT_ID", "tenant"},
          {"AZURE_CLIENT_ID", "client"},
          {"AZURE_AUTHORITY_HOST", authority.url()}};
}

TEST_F(AzureIdentityTest, TakesTheFirstSourceThatTheSurroundingsOffer) {
  const Variables everything = {{"AZURE_TENANT_ID", "t"},
                                {"AZURE_CLIENT_ID", "c"},
                                {"AZURE_CLIENT_SECRET", "s"},
                                {"AZURE_CLIENT_CERTIFICATE_PATH", "/c.pem"},
                                {"AZURE_FEDERATED_TOKEN_FILE", "/token"},
                                {"IDENTITY_ENDPOINT", "http://127.0.0.1/"},
                                {"IDENTITY_HEADER", "h"},
                                {"MSI_ENDPOINT", "http://127.0.0.1/"},
                                {"MSI_SECRET", "m"}};
  install_az("exit 1");
  Variables left = everything;
  const std::vector<std::pair<Source, const char*>> steps = {
      {Source::kClientSecret, "AZURE_CLIENT_SECRET"},
      {Source::kClientCertificate, "AZURE_CLIENT_CERTIFICATE_PATH"},
      {Source::kWorkloadIdentity, "AZURE_FEDERATED_TOKEN_FILE"},
      {Source::kAppService, "IDENTITY_HEADER"},
      {Source::kAppService2017, "MSI_SECRET"},
  };
  for (const auto& [source, variable] : steps) {
    EXPECT_EQ(identity(left).source(), source) << variable;
    left.erase(variable);
  }
  EXPECT_EQ(identity(left).source(), Source::kCommandLine);
  std::filesystem::remove(directory_ / "az");
  EXPECT_EQ(identity(left).source(), Source::kVirtualMachine);
}

TEST_F(AzureIdentityTest, AServicePrincipalShowsItsSecret) {
  HttpServer authority([](const HttpCall&) { return HttpReply::of(200, kAnswer); });
  Variables variables = principal(authority);
  variables["AZURE_CLIENT_SECRET"] = "s&cret";
  auto who = identity(variables);
  const auto token = who.find_token();
  ASSERT_TRUE(token.has_value());
  EXPECT_EQ(token->token.reveal(), "entra-SECRET");
  EXPECT_EQ(token->tenant, "tenant");
  const HttpCall call = authority.calls().at(0);
  EXPECT_EQ(call.method + " " + call.target, "POST /tenant/oauth2/v2.0/token");
  EXPECT_EQ(call.body,
            "grant_type=client_credentials&client_id=client&scope=https%3A%2F%2F"
            "containerregistry.azure.net%2F.default&client_secret=s%26cret");
}

TEST_F(AzureIdentityTest, TokensAreKeptUntilShortlyBeforeTheirEnd) {
  HttpServer authority([](const HttpCall&) { return HttpReply::of(200, kAnswer); });
  Variables variables = principal(authority);
  variables["AZURE_CLIENT_SECRET"] = "secret";
  auto who = identity(variables);
  who.find_token();
  now_ += std::chrono::seconds(3600 - 121);
  who.find_token();
  EXPECT_EQ(authority.calls().size(), 1U);
  now_ += std::chrono::seconds(2);
  who.find_token();
  EXPECT_EQ(authority.calls().size(), 2U);
}

TEST_F(AzureIdentityTest, WorkloadIdentityReadsItsTokenEachTime) {
  HttpServer authority([](const HttpCall&) { return HttpReply::of(200, kAnswer); });
  Variables variables = principal(authority);
  variables["AZURE_FEDERATED_TOKEN_FILE"] = file("token", "first\n");
  auto who = identity(variables);
  who.find_token();
  file("token", "second");
  now_ += std::chrono::hours(2);
  who.find_token();
  EXPECT_THAT(authority.calls().at(0).body,
              HasSubstr("client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3A"
                        "client-assertion-type%3Ajwt-bearer&client_assertion=first"));
  EXPECT_TRUE(authority.calls().at(1).body.ends_with("client_assertion=second"));
}

TEST_F(AzureIdentityTest, ManagedIdentitiesAreAskedAsTheirHostsWantIt) {
  HttpServer host([](const HttpCall& call) {
    const bool shown = call.header("Metadata") == "true" || call.header("secret") == "key" ||
                       call.header("X-IDENTITY-HEADER") == "key";
    return shown ? HttpReply::of(200, R"({"access_token":"entra-SECRET","expires_in":"3600"})")
                 : HttpReply::of(400);
  });
  const std::string audience = "https%3A%2F%2Fcontainerregistry.azure.net";
  const std::vector<std::pair<Variables, std::string>> cases = {
      {{{"IDENTITY_ENDPOINT", host.url("/msi")}, {"IDENTITY_HEADER", "key"}},
       "/msi?api-version=2019-08-01&resource=" + audience},
      {{{"MSI_ENDPOINT", host.url("/old?x=1")}, {"MSI_SECRET", "key"}, {"AZURE_CLIENT_ID", "c"}},
       "/old?x=1&api-version=2017-09-01&resource=" + audience + "&clientid=c"},
      {{{"AZURE_POD_IDENTITY_AUTHORITY_HOST", host.url("/")}, {"AZURE_CLIENT_ID", "c"}},
       "/metadata/identity/oauth2/token?api-version=2018-02-01&resource=" + audience +
           "&client_id=c"},
  };
  for (const auto& [variables, target] : cases) {
    EXPECT_EQ(identity(variables).find_token()->token.reveal(), "entra-SECRET");
    EXPECT_EQ(host.calls().back().target, target);
  }
}

TEST_F(AzureIdentityTest, OutsideOfAzureThereIsNobody) {
  HttpServer nobody([](const HttpCall&) { return HttpReply::of(404); });
  auto who = identity({{"AZURE_POD_IDENTITY_AUTHORITY_HOST", nobody.url()}});
  EXPECT_EQ(who.find_token(), std::nullopt);
  EXPECT_EQ(who.find_token(), std::nullopt);
  EXPECT_EQ(nobody.calls().size(), 1U);
  // Nobody listens on the discard port.
  EXPECT_EQ(identity({{"AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://127.0.0.1:9"}}).find_token(),
            std::nullopt);
}

TEST_F(AzureIdentityTest, TheCommandLineIsAskedForATokenForRegistries) {
  install_az(R"(echo "{\"accessToken\": \"entra-SECRET\", \"args\": \"$*\"}"; echo "$@" > )" +
             (directory_ / "asked").native());
  EXPECT_EQ(identity({}).find_token()->token.reveal(), "entra-SECRET");
  EXPECT_EQ(files_.read_text(directory_ / "asked"),
            "account get-access-token --resource https://containerregistry.azure.net "
            "--output json\n");
  install_az("echo 'Please run az login' >&2; exit 1");
  EXPECT_EQ(identity({}).find_token(), std::nullopt);
}

TEST_F(AzureIdentityTest, WhereNobodyIsLoggedInToTheCommandLineTheMachineIsAsked) {
  HttpServer host([](const HttpCall&) { return HttpReply::of(200, kAnswer); });
  install_az("echo 'Please run az login' >&2; exit 1");
  auto who = identity({{"AZURE_POD_IDENTITY_AUTHORITY_HOST", host.url()}});
  EXPECT_THAT(who.describe(), HasSubstr("`az` is installed"));
  EXPECT_EQ(who.find_token()->token.reveal(), "entra-SECRET");
  EXPECT_EQ(who.source(), Source::kVirtualMachine);
  EXPECT_THAT(who.describe(), HasSubstr("the managed identity of a virtual machine"));
}

TEST_F(AzureIdentityTest, AnEndpointThatIsBusyIsAskedAgain) {
  std::atomic<int> calls = 0;
  HttpServer host([&](const HttpCall&) {
    return ++calls < 3 ? HttpReply::of(429).with("Retry-After", "1") : HttpReply::of(200, kAnswer);
  });
  auto who = identity({{"AZURE_POD_IDENTITY_AUTHORITY_HOST", host.url()}});
  EXPECT_EQ(who.find_token()->token.reveal(), "entra-SECRET");
  EXPECT_EQ(pauses_, 2);
}

TEST_F(AzureIdentityTest, RefusalsTellTheCodeAndNoSecret) {
  HttpServer authority([](const HttpCall& call) {
    return HttpReply::of(
        401, R"({"error":"invalid_client","error_description":")" + call.body + R"("})");
  });
  Variables variables = principal(authority);
  variables["AZURE_CLIENT_SECRET"] = "the-SECRET";
  try {
    identity(variables).find_token();
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kRefused);
    EXPECT_EQ(error.message(),
              "`AZURE_AUTHORITY_HOST` answered 401: `invalid_client`, expected a token");
    EXPECT_THAT(error.render(), Not(HasSubstr("the-SECRET")));
  }
}

TEST_F(AzureIdentityTest, SecretsGoOverTlsOnly) {
  Variables variables = {{"AZURE_TENANT_ID", "t"},
                         {"AZURE_CLIENT_ID", "c"},
                         {"AZURE_CLIENT_SECRET", "the-SECRET"},
                         {"AZURE_AUTHORITY_HOST", "http://login.example"}};
  try {
    identity(variables).find_token();
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_THAT(error.message(), HasSubstr("expected `https`"));
  }
}

TEST_F(AzureIdentityTest, ACertificateSignsForItself) {
  if (!has_tool("openssl")) GTEST_SKIP() << "openssl is not installed";
  const std::string key = (directory_ / "key.pem").native();
  const std::string certificate = (directory_ / "cert.pem").native();
  run_tool({"openssl", "req", "-x509", "-newkey", "rsa:1024", "-nodes", "-keyout", key, "-out",
            certificate, "-days", "2", "-subj", "/CN=test"});
  const std::string pem = files_.read_text(key) + files_.read_text(certificate);
  const Secret assertion = sign_client_assertion(pem, "client", "https://login/t",
                                                 std::chrono::system_clock::now(), "x");
  const std::string& text = assertion.reveal();
  const std::size_t dot = text.rfind('.');
  std::string signature = text.substr(dot + 1);
  for (char& c : signature) c = c == '-' ? '+' : c == '_' ? '/' : c;
  signature.append((4 - signature.size() % 4) % 4, '=');
  file("signed", text.substr(0, dot));
  file("signature.b64", signature + "\n");
  const std::string script = fmt::format(
      "cd {} && openssl base64 -d -A -in signature.b64 -out signature && openssl x509 -in cert.pem "
      "-pubkey -noout > public.pem && openssl dgst -sha256 -verify public.pem -signature signature "
      "signed",
      directory_.path().native());
  EXPECT_EQ(run_tool({"sh", "-c", script}).output, "Verified OK\n");

  for (const std::string& wrong :
       {std::string(), std::string("x"), files_.read_text(key), files_.read_text(certificate)}) {
    EXPECT_THROW(sign_client_assertion(wrong, "c", "a", {}, "`file`"), Error);
  }
}

TEST(AzureRegistries, AreKnownByTheirNames) {
  for (const char* host : {"myws.azurecr.io", "a.azurecr.cn", "a.azurecr.us"}) {
    EXPECT_TRUE(is_azure_registry(host)) << host;
  }
  for (const char* host : {"azurecr.io", "azurecr.io.evil.example", "xazurecr.io", "ghcr.io",
                           "myws.azurecr.io:5000"}) {
    EXPECT_FALSE(is_azure_registry(host)) << host;
  }
}

}  // namespace
}  // namespace kasane::registry
