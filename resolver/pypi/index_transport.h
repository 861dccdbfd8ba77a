#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/http.h"
#include "base/url.h"

namespace kasane::resolver::pypi {

/// How an index is asked. What it refers to must outlive those who use it, and may be called from
/// several threads at once.
struct TransportOptions {
  HttpClient& http;
  /// Whom a server is told that one is, where the URL does not say: netrc, tokens of feeds.
  std::function<std::optional<UserInfo>(const Url&)> find_user = nullptr;
  /// Nothing is asked for: what is not kept is an Error.
  bool offline = false;
  unsigned attempts = 3;
  std::chrono::milliseconds first_pause{200};
  std::chrono::milliseconds longest_pause{10'000};
  /// Waits between attempts; sleeps when not set.
  std::function<void(std::chrono::milliseconds)> pause = nullptr;
};

/// One GET for an index.
struct IndexRequest {
  std::string url;
  /// Sent before what `find_user` says.
  std::optional<UserInfo> user = std::nullopt;
  HttpHeaders headers = {};
};

/// Sends GET requests with credentials, and again where an answer may be better the next time.
/// Thread-safe.
class IndexTransport {
 public:
  explicit IndexTransport(TransportOptions options) : options_(std::move(options)) {}

  /// The answer, whatever its status but for those that are worth another attempt, which are an
  /// Error once the attempts are used up. Each attempt writes to a sink of its own, made by
  /// `make_sink`; of the last one all of the body is in it.
  HttpResponse get(const IndexRequest& request, const std::function<ByteSink&()>& make_sink) const;

  bool is_offline() const { return options_.offline; }

  /// What an answer other than the expected ones means: kNetwork, with a hint where there is one.
  static Error status_error(const std::string& url, int status);

 private:
  void wait(std::chrono::milliseconds time) const;

  TransportOptions options_;
};

}  // namespace kasane::resolver::pypi
