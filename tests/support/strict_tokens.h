#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/support/http_server.h"

namespace kasane::testing {

/// Who may do what at a strict registry: its token server, and the check at its door. Not
/// thread-safe.
class StrictTokens {
 public:
  enum class Auth { kNone, kBasic, kBearer, kAzure };
  static constexpr const char* kUser = "somebody";
  static constexpr const char* kPassword = "hunter2-PASSWORD";
  static constexpr const char* kIdentityToken = "idtok-SECRET";
  static constexpr const char* kAzureToken = "aadtok-SECRET";

  /// `read_only` are repositories to which tokens allow no writing, whatever is asked for.
  StrictTokens(Auth auth, std::set<std::string> read_only)
      : auth_(auth), read_only_(std::move(read_only)) {}

  /// A request to the token server.
  HttpReply serve(const HttpCall& call);
  /// The refusal for a call that shows nothing good enough. `origin` is the registry's URL.
  std::optional<HttpReply> refuse(const HttpCall& call, const std::string& repository,
                                  const std::string& origin) const;
  /// Whether the call's token allows to read the repository, too.
  bool may_pull(const HttpCall& call, const std::string& repository) const;
  /// All tokens given out so far are refused from now on.
  void expire() { tokens_.clear(); }
  std::size_t requests() const { return requests_; }
  std::vector<std::string> secrets() const;

 private:
  HttpReply give(const std::vector<std::string>& scopes);
  bool allows(const HttpCall& call, const std::string& repository, const std::string& action) const;

  Auth auth_;
  std::set<std::string> read_only_;
  /// Tokens, and `repository:name:action` for all that they allow.
  std::map<std::string, std::set<std::string>> tokens_;
  std::vector<std::string> given_;
  std::size_t requests_ = 0;
};

}  // namespace kasane::testing
