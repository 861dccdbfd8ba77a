#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/stream.h"
#include "base/url.h"

namespace kasane {

/// Header fields in order of arrival; names compare without case.
class HttpHeaders {
 public:
  void add(std::string name, std::string value) {
    fields_.emplace_back(std::move(name), std::move(value));
  }
  /// The first field of that name.
  std::optional<std::string_view> find(std::string_view name) const;
  const std::vector<std::pair<std::string, std::string>>& fields() const { return fields_; }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

struct HttpRequest {
  std::string method = "GET";
  /// http, https or file. Must hold no credentials: those stand in `headers`.
  std::string url;
  HttpHeaders headers;
  /// Sent as the request's body when set. Called anew for each attempt or followed redirect.
  std::function<std::unique_ptr<ByteSource>()> body;
  std::optional<std::uint64_t> body_size;
  /// Redirects are followed for GET and HEAD: ten at most, to http and https only, never from https
  /// back to http. `Authorization` and `Cookie` never go to another host with them.
  bool follow_redirects = true;
  std::chrono::milliseconds connect_timeout{15000};
  /// The transfer is broken off when fewer than one byte a second came for so long.
  std::chrono::milliseconds stall_timeout{60000};
  /// The transfer is broken off when it is not over by then; absent for those of any length.
  std::optional<std::chrono::milliseconds> total_timeout = std::nullopt;
};

struct HttpResponse {
  int status = 0;
  HttpHeaders headers;
  /// Where the answer came from, after redirects.
  std::string final_url;
};

/// Answers after which the same request may well succeed.
bool is_transient(int status);

/// The value of an `Authorization` header (RFC 7617).
std::string basic_authorization(const UserInfo& user);

/// Sends one request and waits for its answer; no retries. Thread-safe: connections are shared.
class HttpClient {
 public:
  virtual ~HttpClient() = default;
  /// The body of any answer goes to `body` as it arrives; `on_headers`, when set, is called once
  /// before the first byte of it. What either throws ends the transfer and comes out of here. A
  /// transfer that breaks is an Error of kind kNetwork, a certificate that is not trusted one of
  /// kind kRefused. Errors show no secrets of the URL.
  virtual HttpResponse send(const HttpRequest& request, ByteSink& body,
                            const std::function<void(const HttpResponse&)>& on_headers = {}) = 0;
};

struct HttpOptions {
  std::string user_agent = "kasane";
  std::optional<std::string> ca_bundle = std::nullopt;
  /// With files named by OpenSSL's hashes.
  std::optional<std::string> ca_directory = std::nullopt;
  std::optional<std::string> client_certificate = std::nullopt;
  std::optional<std::string> client_key = std::nullopt;
  /// Proxies, as curl reads them from the environment, are taken only when this is set.
  bool proxies_from_environment = true;
};

/// Reads no configuration but what `options` says. Of `file:` URLs it answers GET and HEAD as a
/// server would: 200, 206 for a `Range`, 404, 416.
std::unique_ptr<HttpClient> make_curl_client(const HttpOptions& options);

}  // namespace kasane
