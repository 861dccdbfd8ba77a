#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/digest.h"
#include "tests/support/http_server.h"
#include "tests/support/strict_tokens.h"

namespace kasane::testing {

/// A registry on loopback that holds its clients to the letter of OCI distribution-spec 1.1: what
/// is not in order is refused, and kept in violations(). Locations are relative, carry a state that
/// changes with each answer, and lose their power with the next one. Thread-safe.
class StrictRegistry {
 public:
  using Auth = StrictTokens::Auth;
  struct Options {
    Auth auth = Auth::kNone;
    std::uint64_t least_chunk = 0;
    /// Blobs are read from a second server.
    bool redirects_blobs = false;
    bool has_referrers = true;
    std::size_t page_size = 1000;
    /// Repositories that nobody may write to.
    std::set<std::string> read_only = {};
    /// Tokens are for what their owner may do, not for what was asked for; what they lack is
    /// answered 401, as Azure Container Registry does it. Otherwise 403.
    bool tokens_tell_rights = false;
  };
  static constexpr const char* kUser = StrictTokens::kUser;
  static constexpr const char* kPassword = StrictTokens::kPassword;
  static constexpr const char* kIdentityToken = StrictTokens::kIdentityToken;
  static constexpr const char* kAzureToken = StrictTokens::kAzureToken;

  /// Answers in place of the registry; `serve` does what was asked and gives the true answer.
  using Fault = std::function<HttpReply(const HttpCall&, const std::function<HttpReply()>& serve)>;

  explicit StrictRegistry(Options options);
  StrictRegistry() : StrictRegistry(Options()) {}

  /// `127.0.0.1:<port>`.
  std::string host() const;
  /// The request of that number, counting from 0 and without those for tokens, meets the fault.
  void fail_at(std::size_t number, Fault fault);
  void clear_faults();
  /// Every request meets it; faults for one request come first.
  void intercept(Fault fault);
  /// Every token given out so far is refused from now on.
  void expire_tokens();
  std::size_t requests() const;
  std::size_t token_requests() const;
  /// Of the requests so far, `METHOD path-without-digests`, in order.
  std::vector<std::string> log() const;
  /// What clients did that they must not do.
  std::vector<std::string> violations() const;

  void put_blob(const std::string& repository, std::string bytes);
  void put_manifest(const std::string& repository, const std::string& name, std::string bytes,
                    std::string media_type);
  std::optional<std::string> find_blob(const std::string& repository, const Digest& digest) const;
  std::optional<std::string> find_manifest(const std::string& repository,
                                           const std::string& name) const;
  /// The blob vanishes, though manifests name it.
  void lose_blob(const std::string& repository, const Digest& digest);
  /// Changes the bytes under a blob's name.
  void corrupt_blob(const std::string& repository, const Digest& digest);
  std::size_t manifests(const std::string& repository) const;
  /// Secrets that must not be seen anywhere: passwords, and tokens given out.
  std::vector<std::string> secrets() const;

 private:
  struct Upload {
    std::string repository;
    std::string bytes;
    unsigned state = 0;
  };
  struct Stored {
    std::string bytes;
    std::string media_type;
  };
  struct Repository {
    std::map<std::string, std::string> blobs;
    std::map<std::string, Stored> manifests;
    std::map<std::string, std::string> tags;
  };

  HttpReply handle(const HttpCall& call);
  HttpReply serve(const HttpCall& call);
  HttpReply serve_foreign(const HttpCall& call);
  std::optional<HttpReply> refuse_stranger(const HttpCall& call, const std::string& repository);
  HttpReply serve_blob(const HttpCall& call, const std::string& repository,
                       const std::string& digest);
  HttpReply begin_upload(const HttpCall& call, const std::string& repository);
  HttpReply go_on(const HttpCall& call, const std::string& repository, const std::string& id);
  HttpReply take_bytes(const HttpCall& call, const std::string& id, Upload& upload);
  HttpReply finish(const HttpCall& call, const std::string& id, Upload& upload);
  HttpReply serve_manifest(const HttpCall& call, const std::string& repository,
                           const std::string& name);
  HttpReply take_manifest(const HttpCall& call, const std::string& repository,
                          const std::string& name);
  static void add_referrer(Repository& place, const std::string& subject,
                           const nlohmann::json& document, const std::string& digest);
  HttpReply serve_catalog(const HttpCall& call);
  /// One page of a list, and where the next one is.
  HttpReply serve_page(const HttpCall& call, const char* field,
                       const std::map<std::string, nlohmann::json>& entries) const;
  HttpReply serve_tags(const HttpCall& call, const std::string& repository);
  HttpReply where(HttpReply reply, const std::string& id, Upload& upload);
  static HttpReply error(int status, const std::string& code);
  HttpReply violate(int status, const std::string& code, const std::string& what);

  Options options_;
  mutable std::mutex mutex_;
  std::map<std::size_t, Fault> faults_;
  Fault interceptor_;
  std::set<std::string> lost_;
  std::map<std::string, Repository> repositories_;
  std::map<std::string, Upload> uploads_;
  StrictTokens tokens_;
  std::vector<std::string> violations_;
  std::vector<std::string> log_;
  unsigned counter_ = 0;
  HttpServer foreign_;
  HttpServer server_;
};

}  // namespace kasane::testing
