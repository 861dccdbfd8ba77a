#include "registry/auth/authenticator.h"

#include <arpa/inet.h>

#include <algorithm>

#include <fmt/format.h>

#include "base/bounded_sink.h"
#include "base/error.h"
#include "registry/auth/form.h"
#include "registry/json.h"

namespace kasane::registry {
namespace {

/// A token without a stated end lives that long (distribution, "Token Authentication").
constexpr std::chrono::seconds kShortestLife{60};
/// A token is not used when it would end under way.
constexpr std::chrono::seconds kMargin{10};

using Fields = FormFields;

Secret bearer_header(const Secret& token) { return Secret("Bearer " + token.reveal()); }

std::string origin(const Url& url) {
  return fmt::format("{}://{}{}", url.scheme(), url.host(),
                     url.port() ? fmt::format(":{}", *url.port()) : "");
}

/// Header values are one line of printable characters.
void check_token(std::string_view token) {
  const bool good = !token.empty() && std::all_of(token.begin(), token.end(),
                                                  [](char c) { return c > ' ' && c < 127; });
  if (!good) throw Error(ErrorKind::kNetwork, "the token server sent no token that can be used");
}

Fields token_fields(const std::string& service, const Scope& scope, bool one_field) {
  Fields fields;
  if (!service.empty()) fields.emplace_back("service", service);
  if (one_field) {
    if (!scope.empty()) fields.emplace_back("scope", scope.render());
    return fields;
  }
  for (std::string& one : scope.list()) fields.emplace_back("scope", std::move(one));
  return fields;
}

}  // namespace

bool is_loopback(const Url& url) {
  const std::string& host = url.host();
  if (host == "localhost" || host == "[::1]" || host == "::1") return true;
  in_addr address;
  return ::inet_pton(AF_INET, host.c_str(), &address) == 1 && host.starts_with("127.");
}

Authenticator::Authenticator(HttpClient& http, CredentialSource credentials, Options options)
    : http_(http), credentials_(std::move(credentials)), options_(std::move(options)) {}

std::optional<Secret> Authenticator::find_authorization(const Access& access) {
  const std::lock_guard guard(mutex_);
  const auto way = ways_.find(origin(access.registry));
  if (way == ways_.end()) return std::nullopt;
  if (!way->second.realm) return basic(access);
  const auto asked = way->second.scopes.find(access.scope);
  return bearer(access, *way->second.realm,
                asked == way->second.scopes.end() ? access.scope : asked->second);
}

std::optional<Secret> Authenticator::answer(const Access& access, const HttpResponse& refusal,
                                            const std::optional<Secret>& refused) {
  const std::lock_guard guard(mutex_);
  const std::vector<Challenge> challenges = read_challenges(refusal.headers);
  const auto find = [&](std::string_view scheme) {
    return std::find_if(challenges.begin(), challenges.end(),
                        [&](const Challenge& one) { return one.scheme == scheme; });
  };
  const auto bearer_way = find("bearer");
  Way& way = ways_[origin(access.registry)];
  if (bearer_way != challenges.end() && bearer_way->find("realm")) {
    const Realm realm{std::string(*bearer_way->find("realm")),
                      std::string(bearer_way->find("service").value_or(""))};
    Scope scope = access.scope;
    scope.add(Scope::parse(bearer_way->find("scope").value_or("")));
    way.realm = realm;
    way.scopes.insert_or_assign(access.scope, scope);
    // Another thread may have renewed it already; what was refused goes.
    std::erase_if(tokens_, [&](const auto& one) {
      return refused && bearer_header(one.second.value) == *refused;
    });
    return bearer(access, realm, scope);
  }
  way.realm.reset();
  const std::string key = access.host + "/" + access.repository;
  const auto known = basics_.find(key);
  if (known != basics_.end() && refused == known->second) basics_.erase(known);
  if (find("basic") == challenges.end()) {
    ways_.erase(origin(access.registry));
    return std::nullopt;
  }
  auto found = basic(access);
  if (found == refused) return std::nullopt;
  return found;
}

std::optional<Secret> Authenticator::basic(const Access& access) {
  check_realm(access, access.registry);
  const std::string key = access.host + "/" + access.repository;
  const auto known = basics_.find(key);
  if (known != basics_.end()) return known->second;
  const Credential credential = credentials_(access.host, access.repository);
  const auto* password = std::get_if<Password>(&credential);
  if (password == nullptr) return std::nullopt;
  Secret value(basic_authorization({password->user, password->password.reveal()}));
  basics_.insert_or_assign(key, value);
  return value;
}

Secret Authenticator::bearer(const Access& access, const Realm& realm, const Scope& scope) {
  const TokenKey key{realm.url, realm.service, access.host + "/" + access.repository, scope};
  const auto known = tokens_.find(key);
  if (known != tokens_.end() && options_.now() + kMargin < known->second.end) {
    return bearer_header(known->second.value);
  }
  Token token = fetch_token(access, realm, scope);
  Secret value = bearer_header(token.value);
  tokens_.insert_or_assign(key, std::move(token));
  return value;
}

void Authenticator::check_realm(const Access& access, const Url& realm) const {
  if (realm.scheme() == "https" || (realm.scheme() == "http" && is_loopback(realm))) return;
  const auto& hosts = options_.insecure_hosts;
  const bool allowed = realm.scheme() == "http" && realm.same_origin(access.registry) &&
                       std::find(hosts.begin(), hosts.end(), access.host) != hosts.end();
  if (allowed) return;
  throw Error(ErrorKind::kRefused,
              fmt::format("`{}` wants credentials to be sent to `{}`, expected `https`",
                          access.host, realm.redacted()));
}

Authenticator::Token Authenticator::fetch_token(const Access& access, const Realm& asked,
                                                const Scope& scope) {
  return in_context(
      [&] { return fmt::format("while asking for a token for `{}`", access.host); },
      [&] {
        const Url realm = access.registry.resolve(asked.url);
        check_realm(access, realm);
        const Credential credential = credentials_(access.host, access.repository);
        if (const auto* azure = std::get_if<AzureToken>(&credential)) {
          return fetch_azure_token(access, realm, asked, scope, *azure);
        }
        if (const auto* identity = std::get_if<IdentityToken>(&credential)) {
          Fields fields = token_fields(asked.service, scope, true);
          fields.emplace_back("grant_type", "refresh_token");
          fields.emplace_back("client_id", "kasane");
          fields.emplace_back("refresh_token", identity->token.reveal());
          return read_token(require_answer(form_request(realm.render(), fields), access));
        }
        HttpRequest request;
        request.url = realm.render();
        const std::string query = render_form(token_fields(asked.service, scope, false));
        if (!query.empty()) request.url += (realm.query().empty() ? "?" : "&") + query;
        request.total_timeout = kTokenAnswerTimeout;
        // Credentials and scopes are for the realm alone.
        request.follow_redirects = false;
        if (const auto* password = std::get_if<Password>(&credential)) {
          request.headers.add("Authorization",
                              basic_authorization({password->user, password->password.reveal()}));
        }
        return read_token(require_answer(request, access));
      });
}

Authenticator::Token Authenticator::fetch_azure_token(const Access& access, const Url& realm,
                                                      const Realm& asked, const Scope& scope,
                                                      const AzureToken& credential) {
  if (!realm.same_origin(access.registry)) {
    throw Error(ErrorKind::kRefused,
                fmt::format("a token of Microsoft Entra is for the registry itself: `{}` names "
                            "`{}` in its place",
                            access.host, realm.redacted()));
  }
  const auto fetch = [&](const Secret& refresh) {
    Fields fields = token_fields(asked.service, scope, true);
    fields.emplace_back("grant_type", "refresh_token");
    fields.emplace_back("refresh_token", refresh.reveal());
    return form_request(realm.render(), fields);
  };
  const auto known = refresh_tokens_.find(access.host);
  if (known != refresh_tokens_.end()) {
    const auto [status, text] = request(fetch(known->second));
    if (status == 200) return read_token(text);
    refresh_tokens_.erase(known);
  }
  Secret refresh = exchange(access, realm, asked, credential);
  Token token = read_token(require_answer(fetch(refresh), access));
  refresh_tokens_.insert_or_assign(access.host, std::move(refresh));
  return token;
}

Secret Authenticator::exchange(const Access& access, const Url& realm, const Realm& asked,
                               const AzureToken& credential) {
  Fields fields{{"grant_type", "access_token"},
                {"service", asked.service},
                {"access_token", credential.token.reveal()}};
  if (credential.tenant) fields.emplace_back("tenant", *credential.tenant);
  const std::string url = realm.resolve("/oauth2/exchange").render();
  const std::string text = require_answer(form_request(url, fields), access);
  try {
    const std::string token =
        require_string(parse_object(text, "the answer"), "refresh_token", "the answer");
    check_token(token);
    return Secret(token);
  } catch (const Error&) {
    throw Error(ErrorKind::kNetwork, "the registry sent no refresh token that can be used");
  }
}

std::pair<int, std::string> Authenticator::request(const HttpRequest& request) {
  Retry retry(options_.retry);
  for (;;) {
    std::optional<Error> failure;
    std::optional<std::chrono::milliseconds> asked;
    BoundedSink body(kTokenAnswerLimit, "the token server's answer");
    int status = 0;
    try {
      const HttpResponse response = http_.send(request, body);
      status = response.status;
      if (!is_transient(status)) return {status, body.take()};
      asked = read_retry_after(response.headers);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kNetwork) throw;
      failure = error;
    }
    if (retry.wait(asked)) continue;
    if (failure) throw *failure;
    return {status, {}};
  }
}

std::string Authenticator::require_answer(const HttpRequest& asked, const Access& access) {
  auto [status, text] = request(asked);
  if (status == 200) return text;
  const std::string where = Url::parse(asked.url).redacted();
  if (status == 400 || status == 401 || status == 403) {
    throw Error(ErrorKind::kRefused,
                fmt::format("`{}` refused the credentials with {}", where, status))
        .hint(fmt::format("log in again: `docker login {}`", access.host));
  }
  throw Error(ErrorKind::kNetwork,
              fmt::format("`{}` answered {}, expected a token", where, status));
}

Authenticator::Token Authenticator::read_token(const std::string& text) const {
  constexpr std::string_view kWhat = "the answer";
  std::string token;
  std::chrono::seconds life = kShortestLife;
  try {
    const Json answer = parse_object(text, kWhat);
    token = optional_string(answer, "access_token", kWhat);
    if (token.empty()) token = optional_string(answer, "token", kWhat);
    const auto seconds = answer.find("expires_in");
    if (seconds != answer.end() && seconds->is_number_unsigned()) {
      constexpr std::uint64_t kLongest = 7 * 86'400;
      life = std::chrono::seconds(std::min(seconds->get<std::uint64_t>(), kLongest));
    }
  } catch (const Error&) {
    throw Error(ErrorKind::kNetwork, "the token server sent no token that can be used");
  }
  check_token(token);
  return {Secret(token), options_.now() + std::max(life, kShortestLife)};
}

}  // namespace kasane::registry
