#include "resolver/conda/channel_transport.h"

#include <algorithm>
#include <charconv>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "base/url.h"

namespace kasane::resolver {
namespace {

/// The channel's own address, or that of a mirror, where it has credentials and `url` is on the
/// same host.
std::optional<SplitUrl> find_credentials(const Channel& channel, const Url& url) {
  if (channel.credentials() && url.same_origin(Url::parse(channel.url()))) {
    return SplitUrl{channel.url(), channel.credentials()};
  }
  for (const std::string& place : channel.places()) {
    SplitUrl split = split_credentials(place);
    if (split.credentials && url.same_origin(Url::parse(split.url))) return split;
  }
  return std::nullopt;
}

/// The body of an answer that is wanted, and nothing of others.
class BodySink final : public ByteSink {
 public:
  BodySink(const std::string& url, std::uint64_t limit, Spool& spool)
      : url_(url), limit_(limit), spool_(spool) {}

  void set_wanted(bool wanted) { wanted_ = wanted; }
  void write(std::string_view bytes) override {
    if (!wanted_) return;
    size_ += bytes.size();
    if (size_ > limit_) {
      throw Error(ErrorKind::kRefused,
                  fmt::format("expected at most {} bytes of `{}`, got more", limit_, url_));
    }
    spool_.write(bytes);
  }

 private:
  const std::string& url_;
  const std::uint64_t limit_;
  Spool& spool_;
  bool wanted_ = false;
  std::uint64_t size_ = 0;
};

bool may_pass(int status) { return status == 429 || status == 408 || status >= 500; }

std::optional<std::chrono::seconds> retry_after(const HttpHeaders& headers) {
  const auto text = headers.find("Retry-After");
  if (!text) return std::nullopt;
  unsigned seconds = 0;
  const auto [end, failure] = std::from_chars(text->data(), text->data() + text->size(), seconds);
  if (failure != std::errc() || end != text->data() + text->size()) return std::nullopt;
  return std::chrono::seconds(seconds);
}

}  // namespace

Error status_error(const std::string& url, int status) {
  Error out(ErrorKind::kNetwork,
            fmt::format("expected the file `{}`, got HTTP status {}", redact_url(url), status));
  if (status == 401 || status == 403) {
    return std::move(out).hint(
        "the channel wants credentials: give them in its URL, or for its host in netrc");
  }
  return out;
}

HttpRequest ChannelTransport::make_request(const Channel& channel, const std::string& url,
                                           const HttpHeaders& headers) const {
  HttpRequest out;
  out.headers = headers;
  out.url = url;
  const Url parsed = Url::parse(url);
  if (parsed.scheme() == "file") return out;
  if (const auto place = find_credentials(channel, parsed)) {
    if (url.starts_with(place->url)) out.url = url_with_token(url, *place->credentials).reveal();
    if (const auto user = find_user(*place->credentials)) {
      out.headers.add("Authorization", basic_authorization(*user));
      return out;
    }
  }
  if (!options_.find_user) return out;
  if (const auto user = options_.find_user(parsed.host())) {
    out.headers.add("Authorization", basic_authorization(*user));
  }
  return out;
}

std::optional<ChannelAnswer> ChannelTransport::try_get(const HttpRequest& request,
                                                       const std::string& url, std::uint64_t limit,
                                                       std::optional<Error>& failure,
                                                       std::chrono::milliseconds& pause) const {
  ChannelAnswer out;
  out.body = std::make_unique<Spool>(options_.directory);
  BodySink sink(url, limit, *out.body);
  try {
    out.response = http_.send(request, sink, [&](const HttpResponse& response) {
      sink.set_wanted(response.status == 200);
    });
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kNetwork) throw;
    failure = error;
    return std::nullopt;
  }
  const int status = out.response.status;
  if (may_pass(status)) {
    failure = status_error(url, status);
    if (const auto asked = retry_after(out.response.headers)) {
      pause = std::min<std::chrono::milliseconds>(*asked, options_.longest_pause);
    }
    return std::nullopt;
  }
  if (status == 304) {
    out.kind = ChannelAnswer::Kind::kNotModified;
  } else if (status == 200) {
    out.kind = ChannelAnswer::Kind::kFound;
  } else if (status == 403) {
    out.kind = ChannelAnswer::Kind::kForbidden;
  } else if (status != 404 && status != 410) {
    throw status_error(url, status);
  }
  return out;
}

ChannelAnswer ChannelTransport::get(const Channel& channel, const std::string& url,
                                    const HttpHeaders& headers, std::uint64_t limit) const {
  const HttpRequest request = make_request(channel, url, headers);
  std::chrono::milliseconds pause = options_.first_pause;
  std::optional<Error> failure;
  for (unsigned i = 0; i < std::max(options_.attempts, 1U); ++i) {
    if (i > 0) {
      if (options_.pause) {
        options_.pause(pause);
      } else {
        std::this_thread::sleep_for(pause);
      }
      pause = std::min(pause * 2, options_.longest_pause);
    }
    if (auto answer = try_get(request, url, limit, failure, pause)) return std::move(*answer);
  }
  throw *failure;
}

}  // namespace kasane::resolver
