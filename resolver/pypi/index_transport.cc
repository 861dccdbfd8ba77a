#include "resolver/pypi/index_transport.h"

#include <algorithm>
#include <charconv>
#include <thread>

#include <fmt/format.h>

#include "base/error.h"

namespace kasane::resolver::pypi {
namespace {

/// `Retry-After` in seconds; a date counts as not there.
std::optional<std::chrono::milliseconds> asked_pause(const HttpResponse& response) {
  const std::string_view text = response.headers.find("Retry-After").value_or("");
  unsigned seconds = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return std::chrono::seconds(std::min(seconds, 86'400U));
}

}  // namespace

HttpResponse IndexTransport::get(const IndexRequest& request,
                                 const std::function<ByteSink&()>& make_sink) const {
  if (options_.offline) {
    throw Error(ErrorKind::kNetwork,
                fmt::format("`{}` is not known offline", redact_url(request.url)))
        .hint("run once without `--offline`");
  }
  HttpRequest sent;
  sent.url = request.url;
  sent.headers = request.headers;
  auto user = request.user;
  if (!user && options_.find_user) user = options_.find_user(Url::parse(request.url));
  if (user) sent.headers.add("Authorization", basic_authorization(*user));
  auto pause = options_.first_pause;
  for (unsigned attempt = 1;; ++attempt) {
    const bool last = attempt >= options_.attempts;
    auto wanted_pause = pause;
    try {
      ByteSink& sink = make_sink();
      HttpResponse response = options_.http.send(sent, sink);
      if (!is_transient(response.status)) return response;
      if (last) throw status_error(request.url, response.status);
      wanted_pause = asked_pause(response).value_or(pause);
    } catch (const Error& error) {
      if (last || error.kind() != ErrorKind::kNetwork) throw;
    }
    wait(std::min(wanted_pause, options_.longest_pause));
    pause *= 2;
  }
}

void IndexTransport::wait(std::chrono::milliseconds time) const {
  if (options_.pause) {
    options_.pause(time);
  } else {
    std::this_thread::sleep_for(time);
  }
}

Error IndexTransport::status_error(const std::string& url, int status) {
  Error error(ErrorKind::kNetwork, fmt::format("`{}` answered {}", redact_url(url), status));
  if (status == 401 || status == 403) {
    return std::move(error).hint("this index wants credentials, or others than it was given");
  }
  if (status == 407) {
    return std::move(error).hint("the proxy wants credentials: put them into `HTTPS_PROXY`");
  }
  return error;
}

}  // namespace kasane::resolver::pypi
