#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/http.h"
#include "base/url.h"
#include "builder/fetch/package_fetcher.h"
#include "cache/cache.h"

namespace kasane::builder {

/// What is known of a file before it is there. One of both at least.
struct ExpectedFile {
  std::optional<Digest> sha256;
  std::optional<Md5Digest> md5;
};

/// One file on its way into a partial blob, with as many attempts as it takes. Used once, by one
/// thread.
class Download {
 public:
  /// `received` is told of all bytes as they arrive, and may throw to end it all. All is borrowed.
  Download(HttpClient& http, const FetchOptions& options, const Url& url,
           cache::PartialBlob& partial, const std::function<void(std::size_t)>& received)
      : http_(http), options_(options), url_(url), partial_(partial), received_(received) {}

  /// Fetches what is missing, checks all, and makes the blob visible.
  cache::BlobSize run(const ExpectedFile& expected);

 private:
  class Sink;

  void fetch_rest();
  void wait(std::chrono::milliseconds time);
  /// False when it must be tried again; `failure_` says why.
  bool try_fetch_rest();
  void take_headers(const HttpResponse& response, Sink& sink);
  void accept_part(const HttpResponse& response, Sink& sink);
  bool is_complete(const HttpResponse& response);
  Error status_error(const HttpResponse& response) const;

  HttpClient& http_;
  const FetchOptions& options_;
  const Url& url_;
  cache::PartialBlob& partial_;
  const std::function<void(std::size_t)>& received_;
  std::optional<Error> failure_;
  std::optional<std::chrono::milliseconds> asked_pause_;
  std::string content_type_;
};

}  // namespace kasane::builder
