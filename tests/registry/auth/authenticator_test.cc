#include "registry/auth/authenticator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/support/remote_world.h"
#include "tests/support/strict_registry.h"

namespace kasane::registry {
namespace {

using ::testing::IsEmpty;
using testing::RemoteWorld;
using testing::StrictRegistry;

const Credential kPassword = Password{StrictRegistry::kUser, Secret(StrictRegistry::kPassword)};

std::string fetch(RemoteWorld& world, const StrictRegistry& server,
                  const std::string& name = "app") {
  const auto client = world.client(server.host() + "/" + name);
  return client->find_manifest("latest") ? "there" : "not there";
}

TEST(Authenticator, LetsInByEachWay) {
  const std::vector<std::pair<StrictRegistry::Auth, Credential>> cases = {
      {StrictRegistry::Auth::kNone, Anonymous{}},
      {StrictRegistry::Auth::kBasic, kPassword},
      {StrictRegistry::Auth::kBearer, kPassword},
      {StrictRegistry::Auth::kBearer, IdentityToken{Secret(StrictRegistry::kIdentityToken)}},
      {StrictRegistry::Auth::kAzure, AzureToken{Secret(StrictRegistry::kAzureToken), "tenant"}},
  };
  for (const auto& [auth, credential] : cases) {
    StrictRegistry server({.auth = auth});
    RemoteWorld world(credential);
    EXPECT_EQ(fetch(world, server), "not there");
    EXPECT_EQ(server.requests(), auth == StrictRegistry::Auth::kNone ? 1U : 2U);
    EXPECT_THAT(server.violations(), IsEmpty());
  }
}

TEST(Authenticator, AsksOnceForWhatATokenAllows) {
  StrictRegistry server({.auth = StrictRegistry::Auth::kBearer});
  RemoteWorld world(kPassword);
  for (int i = 0; i < 3; ++i) fetch(world, server);
  EXPECT_EQ(server.token_requests(), 1U);
  EXPECT_EQ(server.requests(), 4U);
  fetch(world, server, "other");
  EXPECT_EQ(server.token_requests(), 2U);
}

TEST(Authenticator, RenewsATokenBeforeItEndsAndAfterItWasRefused) {
  StrictRegistry server({.auth = StrictRegistry::Auth::kBearer});
  RemoteWorld world(kPassword);
  fetch(world, server);
  world.now += std::chrono::seconds(289);
  fetch(world, server);
  EXPECT_EQ(server.token_requests(), 1U);
  world.now += std::chrono::seconds(2);
  fetch(world, server);
  EXPECT_EQ(server.token_requests(), 2U);
  const std::size_t before = server.requests();
  server.expire_tokens();
  fetch(world, server);
  EXPECT_EQ(server.token_requests(), 3U);
  EXPECT_EQ(server.requests(), before + 2);
}

TEST(Authenticator, ExchangesATokenOfEntraOnce) {
  StrictRegistry server({.auth = StrictRegistry::Auth::kAzure});
  RemoteWorld world(AzureToken{Secret(StrictRegistry::kAzureToken), std::nullopt});
  fetch(world, server);
  EXPECT_EQ(server.token_requests(), 2U);
  fetch(world, server, "other");
  EXPECT_EQ(server.token_requests(), 3U);
}

TEST(Authenticator, SaysThatCredentialsWereRefusedAndShowsNone) {
  const std::vector<std::pair<StrictRegistry::Auth, Credential>> cases = {
      {StrictRegistry::Auth::kBasic, Anonymous{}},
      {StrictRegistry::Auth::kBasic, Password{"somebody", Secret("wrong-SECRET")}},
      {StrictRegistry::Auth::kBearer, Anonymous{}},
      {StrictRegistry::Auth::kBearer, Password{"somebody", Secret("wrong-SECRET")}},
      {StrictRegistry::Auth::kBearer, IdentityToken{Secret("wrong-SECRET")}},
      {StrictRegistry::Auth::kAzure, AzureToken{Secret("wrong-SECRET"), std::nullopt}},
  };
  for (const auto& [auth, credential] : cases) {
    StrictRegistry server({.auth = auth});
    RemoteWorld world(credential);
    try {
      fetch(world, server);
      ADD_FAILURE();
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kRefused);
      EXPECT_EQ(error.render().find("SECRET"), std::string::npos) << error.render();
      EXPECT_EQ(error.render().find("PASSWORD"), std::string::npos) << error.render();
      EXPECT_NE(error.hint_text().find("docker login " + server.host()), std::string::npos);
    }
    EXPECT_LE(server.requests(), 2U);
  }
}

/// Notes what it is asked for and breaks every connection.
class DeadHttp final : public HttpClient {
 public:
  HttpResponse send(const HttpRequest& request, ByteSink&,
                    const std::function<void(const HttpResponse&)>&) override {
    urls.push_back(request.url);
    throw Error(ErrorKind::kNetwork, "dead");
  }
  std::vector<std::string> urls;
};

std::string answer(DeadHttp& http, const std::string& registry, const std::string& challenge,
                   const Credential& credential, std::vector<std::string> insecure = {}) {
  Authenticator authenticator(
      http, [&](const std::string&, const std::string&) { return credential; },
      {.retry = {.attempts = 1, .pause = [](auto) {}, .random = [] { return 0.0; }},
       .now = [] { return std::chrono::steady_clock::time_point{}; },
       .insecure_hosts = std::move(insecure)});
  HttpResponse refusal;
  refusal.status = 401;
  refusal.headers.add("WWW-Authenticate", challenge);
  try {
    const auto found = authenticator.answer(
        {Url::parse(registry), "r.example", "app", Scope::pull("app")}, refusal, std::nullopt);
    return found ? found->reveal() : "nothing";
  } catch (const Error& error) {
    return error.message();
  }
}

TEST(Authenticator, NeverSendsCredentialsToAForeignOrOpenPlace) {
  struct Case {
    std::string registry;
    std::string challenge;
    Credential credential;
    std::string expected;
  };
  const Credential azure = AzureToken{Secret("aad"), std::nullopt};
  const std::string https = "https://r.example/v2/";
  const std::vector<Case> cases = {
      {https, "Bearer realm=\"http://auth.example/t\"", kPassword,
       "`r.example` wants credentials to be sent to `http://auth.example/t`, expected `https`"},
      {https, "Bearer realm=\"ftp://auth.example/t\"", kPassword,
       "`r.example` wants credentials to be sent to `ftp://auth.example/t`, expected `https`"},
      {https, "Bearer realm=\"http://127.0.0.1.example/t\"", kPassword,
       "`r.example` wants credentials to be sent to `http://127.0.0.1.example/t`, expected "
       "`https`"},
      {"http://r.example/v2/", "Basic realm=\"x\"", kPassword,
       "`r.example` wants credentials to be sent to `http://r.example/v2/`, expected `https`"},
      {https, "Bearer realm=\"https://evil.example/oauth2/token\"", azure,
       "a token of Microsoft Entra is for the registry itself: `r.example` names "
       "`https://evil.example/oauth2/token` in its place"},
  };
  for (const Case& one : cases) {
    DeadHttp http;
    EXPECT_EQ(answer(http, one.registry, one.challenge, one.credential), one.expected);
    EXPECT_THAT(http.urls, IsEmpty()) << one.challenge;
  }
  DeadHttp http;
  EXPECT_EQ(
      answer(http, https, "Bearer realm=\"https://auth.example/t\",service=\"a b\"", kPassword),
      "dead");
  EXPECT_THAT(http.urls, ::testing::ElementsAre("https://auth.example/t?service=a%20b&scope="
                                                "repository%3Aapp%3Apull"));
  EXPECT_EQ(answer(http, "http://r.example/v2/", "Basic realm=\"x\"", Password{"a", Secret("b")},
                   {"r.example"}),
            "Basic YTpi");
}

TEST(Scope, JoinsActionsByResource) {
  Scope scope = Scope::pull("a");
  scope.add(Scope::push("a"));
  scope.add(Scope::parse("repository:b:c/d:pull registry:catalog:* nonsense x:y repository:e:"));
  EXPECT_EQ(scope.render(), "registry:catalog:* repository:a:pull,push repository:b:c/d:pull");
  EXPECT_EQ(Scope::parse(scope.render()), scope);
}

}  // namespace
}  // namespace kasane::registry
