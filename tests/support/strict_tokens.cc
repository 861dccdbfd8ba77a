#include "tests/support/strict_tokens.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/http.h"
#include "tests/support/form_fields.h"

namespace kasane::testing {
namespace {

using Json = nlohmann::json;

/// `repository:a/b:pull,push` as `repository:a/b:pull` and `repository:a/b:push`.
std::vector<std::string> single_actions(const std::string& scopes) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < scopes.size();) {
    const std::size_t end = std::min(scopes.find(' ', at), scopes.size());
    const std::string scope = scopes.substr(at, end - at);
    const std::size_t colon = scope.rfind(':');
    for (std::size_t from = colon + 1; from <= scope.size();) {
      const std::size_t comma = std::min(scope.find(',', from), scope.size());
      out.push_back(scope.substr(0, colon + 1) + scope.substr(from, comma - from));
      from = comma + 1;
    }
    at = end + 1;
  }
  return out;
}

HttpReply unauthorized(const std::string& challenge) {
  return HttpReply::of(401,
                       fmt::format(R"({{"errors":[{{"code":"UNAUTHORIZED","message":"{}"}}]}})",
                                   StrictTokens::kPassword))
      .with("WWW-Authenticate", challenge);
}

/// What a request needs. Asking where an upload stands needs what uploading needs.
std::string action_of(const HttpCall& call) {
  const bool uploads = call.path().find("/uploads/") != std::string::npos;
  if (uploads) return "push";
  if (call.method == "GET" || call.method == "HEAD") return "pull";
  return call.method == "DELETE" ? "delete" : "push";
}

}  // namespace

HttpReply StrictTokens::give(const std::vector<std::string>& scopes) {
  const std::string token = fmt::format("tok-SECRET-{}", given_.size() + 1);
  std::set<std::string>& allowed = tokens_[token];
  for (const std::string& scope : scopes) {
    for (const std::string& one : single_actions(scope)) {
      const std::size_t start = one.find(':') + 1;
      const std::string name = one.substr(start, one.rfind(':') - start);
      if (one.ends_with(":pull") || !read_only_.contains(name)) allowed.insert(one);
    }
  }
  given_.push_back(token);
  return HttpReply::of(200, Json{{"access_token", token}, {"expires_in", 300}}.dump());
}

HttpReply StrictTokens::serve(const HttpCall& call) {
  ++requests_;
  const std::string form = call.method == "GET" ? query_of(call) : call.body;
  if (find_one(form, "service") != "strict") return HttpReply::of(400, kPassword);
  if (call.path() == "/oauth2/exchange") {
    if (find_one(form, "grant_type") != "access_token" ||
        find_one(form, "access_token") != kAzureToken) {
      return HttpReply::of(401, kAzureToken);
    }
    const std::string token = fmt::format("refresh-SECRET-{}", given_.size() + 1);
    given_.push_back(token);
    return HttpReply::of(200, Json{{"refresh_token", token}}.dump());
  }
  const std::vector<std::string> scopes = find_all(form, "scope");
  if (call.method == "GET") {
    if (call.header("Authorization") != basic_authorization({kUser, kPassword})) {
      return HttpReply::of(401, kPassword);
    }
    return give(scopes);
  }
  const std::string refresh = find_one(form, "refresh_token");
  const bool known =
      refresh == kIdentityToken || (refresh.starts_with("refresh-SECRET-") &&
                                    std::count(given_.begin(), given_.end(), refresh) > 0);
  if (find_one(form, "grant_type") != "refresh_token" || !known) return HttpReply::of(401, refresh);
  return give(scopes);
}

bool StrictTokens::allows(const HttpCall& call, const std::string& repository,
                          const std::string& action) const {
  const std::string given = call.header("Authorization");
  if (!given.starts_with("Bearer ")) return false;
  const auto token = tokens_.find(given.substr(7));
  return token != tokens_.end() &&
         token->second.contains(fmt::format("repository:{}:{}", repository, action));
}

bool StrictTokens::may_pull(const HttpCall& call, const std::string& repository) const {
  return auth_ == Auth::kNone || auth_ == Auth::kBasic || allows(call, repository, "pull");
}

std::optional<HttpReply> StrictTokens::refuse(const HttpCall& call, const std::string& repository,
                                              const std::string& origin) const {
  const std::string given = call.header("Authorization");
  if (auth_ == Auth::kBasic) {
    if (given == basic_authorization({kUser, kPassword})) return std::nullopt;
    return unauthorized("Basic realm=\"strict, \\\"one\\\"\"");
  }
  const std::string needed = action_of(call);
  if (allows(call, repository, needed)) return std::nullopt;
  const bool known = given.starts_with("Bearer ") && tokens_.contains(given.substr(7));
  return unauthorized(
      fmt::format("Bearer realm=\"{}{}\",service=\"strict\",scope=\"repository:{}:{}\"{}", origin,
                  auth_ == Auth::kAzure ? "/oauth2/token" : "/token", repository, needed,
                  known ? ",error=\"insufficient_scope\"" : ""));
}

std::vector<std::string> StrictTokens::secrets() const {
  std::vector<std::string> out{kPassword, kIdentityToken, kAzureToken,
                               basic_authorization({kUser, kPassword}).substr(6)};
  out.insert(out.end(), given_.begin(), given_.end());
  return out;
}

}  // namespace kasane::testing
