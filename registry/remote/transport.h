#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/http.h"
#include "base/retry.h"
#include "base/url.h"
#include "registry/auth/authenticator.h"
#include "registry/auth/scope.h"
#include "registry/registry_reference.h"

namespace kasane::registry {

struct RemoteOptions {
  RetryOptions retry;
  /// How long an answer may take that has a document's size, to a request that has one.
  std::chrono::milliseconds answer_timeout{120'000};
  /// Registries (`host[:port]`) reached over plain HTTP. This machine's own always are, unless
  /// `loopback_over_tls`.
  std::vector<std::string> insecure_hosts = {};
  bool loopback_over_tls = false;
  /// What is sent at once of a blob, and held in memory until the registry has it.
  std::size_t chunk_bytes = std::size_t{8} << 20;
  /// Whether the registry has a blob is asked before it is sent, unless it is smaller than this.
  std::uint64_t ask_from_bytes = std::uint64_t{64} << 10;
  /// How many blobs may be on their way at once.
  unsigned parallel = 8;
};

struct RemoteRequest {
  std::string method = "GET";
  Url url;
  Scope scope;
  HttpHeaders headers = {};
  /// Borrowed for the length of the call.
  std::optional<std::string_view> body = std::nullopt;
  /// In place of `body`: called anew whenever the bytes are to be sent, `stream_size` of them.
  std::function<std::unique_ptr<ByteSource>()> stream = {};
  std::uint64_t stream_size = 0;
};

struct RemoteAnswer {
  HttpResponse response;
  std::string text;
  int status() const { return response.status; }
};

/// Requests to one repository, with the authorization it wants. Thread-safe. Borrows client and
/// authenticator.
class Transport {
 public:
  Transport(HttpClient& http, Authenticator& authenticator, RegistryReference name,
            RemoteOptions options);

  /// `/v2/<repository>/<rest>` of the registry.
  Url url(std::string_view rest) const;
  /// Where an answer's Location leads, relative or not. An Error of kind kNetwork when it is
  /// missing or not to be followed.
  Url location(const RemoteAnswer& answer, std::string_view what) const;

  /// One request, and one more with a renewed authorization when the first was refused for its
  /// lack. What breaks is an Error of kind kNetwork.
  HttpResponse attempt(const RemoteRequest& request, ByteSink& body,
                       const std::function<void(const HttpResponse&)>& on_headers = {}) const;
  /// The same with a body of a document's size.
  RemoteAnswer attempt(const RemoteRequest& request) const;
  /// The same again and again, while the answer or its lack is one that passes. Only for what may
  /// be repeated.
  RemoteAnswer send(const RemoteRequest& request) const;
  /// The error for an answer that is not what was asked for. Shows nothing of it but the status and
  /// the registry's error codes: a text may repeat secrets.
  Error refusal(const RemoteRequest& request, const RemoteAnswer& answer) const;

  const RegistryReference& name() const { return name_; }
  const RemoteOptions& options() const { return options_; }

 private:
  void check_url(const Url& url) const;
  HttpResponse exchange(const RemoteRequest& request, ByteSink& body,
                        const std::function<void(const HttpResponse&)>& on_headers,
                        std::optional<std::chrono::milliseconds> timeout) const;

  HttpClient& http_;
  Authenticator& authenticator_;
  RegistryReference name_;
  RemoteOptions options_;
  Url base_;
};

}  // namespace kasane::registry
