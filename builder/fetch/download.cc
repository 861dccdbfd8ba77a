#include "builder/fetch/download.h"

#include <algorithm>
#include <charconv>
#include <thread>
#include <utility>

#include <fmt/format.h>

namespace kasane::builder {
namespace {

/// A transfer that breaks again and again, but brings this much each time, goes on.
constexpr std::uint64_t kWorthOfNewAttempts = std::uint64_t{1} << 20;

std::optional<std::uint64_t> read_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

struct ContentRange {
  /// Not there in the answer 416.
  std::optional<std::uint64_t> first;
  std::optional<std::uint64_t> total;
};

/// RFC 9110, section 14.4: `bytes 0-99/100`, `bytes 0-99/*`, `bytes */100`.
std::optional<ContentRange> read_content_range(const HttpResponse& response) {
  std::string_view text = response.headers.find("Content-Range").value_or("");
  if (!text.starts_with("bytes ")) return std::nullopt;
  text.remove_prefix(6);
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  ContentRange range;
  range.total = read_number(text.substr(slash + 1));
  const std::string_view span = text.substr(0, slash);
  if (span != "*") {
    range.first = read_number(span.substr(0, span.find('-')));
    if (!range.first) return std::nullopt;
  }
  return range;
}

}  // namespace

/// Where the body goes: into the partial blob, or nowhere when it is not what was asked for.
class Download::Sink final : public ByteSink {
 public:
  explicit Sink(Download& download) : download_(download) {}
  void accept() { accepted_ = true; }

  void write(std::string_view bytes) override {
    if (!accepted_) return;
    const std::uint64_t limit = download_.options_.largest_package_bytes;
    if (download_.partial_.size_bytes() + bytes.size() > limit) {
      download_.partial_.restart();
      throw Error(ErrorKind::kRefused, fmt::format("expected at most {} bytes, the server sends "
                                                   "more",
                                                   limit));
    }
    download_.partial_.write(bytes);
    download_.received_(bytes.size());
  }

 private:
  Download& download_;
  bool accepted_ = false;
};

Error Download::status_error(const HttpResponse& response) const {
  const std::string what = fmt::format("`{}` answered {}", url_.redacted(), response.status);
  if (url_.scheme() == "file" && response.status == 404) {
    return Error(ErrorKind::kFailed, fmt::format("no such file: `{}`", url_.local_path().native()));
  }
  Error error(ErrorKind::kNetwork, what);
  switch (response.status) {
    case 401:
    case 403:
      return std::move(error).hint("this server wants credentials, or others than it was given");
    case 404:
    case 410:
      return std::move(error).hint("the channel no longer has this file: lock again");
    case 407:
      return std::move(error).hint("the proxy wants credentials: put them into `HTTPS_PROXY`");
    default:
      return error;
  }
}

void Download::accept_part(const HttpResponse& response, Sink& sink) {
  const auto range = read_content_range(response);
  if (!range || range->first != partial_.size_bytes()) {
    const std::string got(response.headers.find("Content-Range").value_or(""));
    const std::uint64_t wanted = partial_.size_bytes();
    partial_.restart();
    throw Error(ErrorKind::kNetwork, fmt::format("expected the bytes of `{}` from {} on, got `{}`",
                                                 url_.redacted(), wanted, got));
  }
  sink.accept();
}

void Download::take_headers(const HttpResponse& response, Sink& sink) {
  content_type_ = response.headers.find("Content-Type").value_or("");
  if (response.status == 206) {
    accept_part(response, sink);
  } else if (response.status == 200) {
    if (partial_.size_bytes() > 0) partial_.restart();
    sink.accept();
  }
}

bool Download::is_complete(const HttpResponse& response) {
  const auto range = read_content_range(response);
  if (response.status == 206) return !range->total || *range->total == partial_.size_bytes();
  if (response.status == 416) {
    if (range && range->total == partial_.size_bytes()) return true;
    partial_.restart();
    return false;
  }
  return true;
}

bool Download::try_fetch_rest() {
  HttpRequest request;
  request.url = url_.render();
  const bool resumes = partial_.size_bytes() > 0;
  if (resumes) request.headers.add("Range", fmt::format("bytes={}-", partial_.size_bytes()));
  if (url_.user_info()) {
    request.headers.add("Authorization", basic_authorization(*url_.user_info()));
  }
  asked_pause_.reset();
  Sink sink(*this);
  HttpResponse response;
  try {
    response =
        http_.send(request, sink, [&](const HttpResponse& head) { take_headers(head, sink); });
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kNetwork) throw;
    failure_ = error;
    return false;
  }
  if (response.status == 200 || response.status == 206 || (response.status == 416 && resumes)) {
    if (is_complete(response)) return true;
    failure_ = Error(ErrorKind::kNetwork, fmt::format("`{}` came in part only", url_.redacted()));
    return false;
  }
  failure_ = status_error(response);
  if (!is_transient(response.status)) throw *failure_;
  asked_pause_ = read_retry_after(response.headers);
  return false;
}

void Download::wait(std::chrono::milliseconds time) {
  if (options_.retry.pause) {
    options_.retry.pause(time);
    received_(0);
    return;
  }
  // Long enough that somebody may want it all to end in between.
  constexpr std::chrono::milliseconds kSlice{100};
  while (time.count() > 0) {
    std::this_thread::sleep_for(std::min(time, kSlice));
    time -= kSlice;
    received_(0);
  }
}

void Download::fetch_rest() {
  RetryOptions options = options_.retry;
  options.pause = [this](std::chrono::milliseconds time) { wait(time); };
  Retry retry(options);
  std::uint64_t reached = partial_.size_bytes();
  while (!try_fetch_rest()) {
    if (partial_.size_bytes() >= reached + kWorthOfNewAttempts) {
      reached = partial_.size_bytes();
      retry.begin_anew();
    }
    retry.wait_or_throw(*failure_, asked_pause_);
  }
}

cache::BlobSize Download::run(const ExpectedFile& expected) {
  // Bytes from before a crash may be wrong without the server being to blame: once more, then.
  bool blames_server = partial_.size_bytes() == 0;
  for (;;) {
    fetch_rest();
    try {
      return partial_.commit(expected.sha256, expected.sha256 ? std::nullopt : expected.md5);
    } catch (Error& error) {
      if (error.kind() != ErrorKind::kIntegrity) throw;
      if (std::exchange(blames_server, true)) {
        if (!content_type_.starts_with("text/html")) throw;
        throw std::move(error).hint(
            "the server sent a web page: a login or a proxy may stand in between");
      }
    }
  }
}

}  // namespace kasane::builder
