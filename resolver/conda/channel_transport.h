#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/http.h"
#include "base/spool.h"
#include "resolver/conda/channel.h"
#include "resolver/conda/channel_data.h"

namespace kasane::resolver {

/// An answer of a server that said yes, or that it has not changed, or has nothing, or does not
/// tell (403, as some stores say of what they do not have).
struct ChannelAnswer {
  enum class Kind { kFound, kNotModified, kMissing, kForbidden };
  Kind kind = Kind::kMissing;
  HttpResponse response;
  /// The body, when something was found.
  std::unique_ptr<Spool> body;
};

/// What is wrong when a server answers a request for `url` with `status`.
Error status_error(const std::string& url, int status);

/// Asks servers for files of channels: with the channel's credentials where they belong and nowhere
/// else, and again when an error may pass. Thread-safe.
class ChannelTransport {
 public:
  /// Both are borrowed.
  ChannelTransport(HttpClient& http, const ChannelDataOptions& options)
      : http_(http), options_(options) {}

  /// The file at a URL without credentials; `headers` may make the request conditional. What is
  /// neither there nor missing is an Error of kind kNetwork, and so is a file larger than `limit`.
  ChannelAnswer get(const Channel& channel, const std::string& url, const HttpHeaders& headers,
                    std::uint64_t limit) const;

 private:
  HttpRequest make_request(const Channel& channel, const std::string& url,
                           const HttpHeaders& headers) const;
  /// Nothing when it is to be tried again; then `failure` says why, and perhaps the server how long
  /// to wait.
  std::optional<ChannelAnswer> try_get(const HttpRequest& request, const std::string& url,
                                       std::uint64_t limit, std::optional<Error>& failure,
                                       std::chrono::milliseconds& pause) const;

  HttpClient& http_;
  const ChannelDataOptions& options_;
};

}  // namespace kasane::resolver
