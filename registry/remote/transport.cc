#include "registry/remote/transport.h"

#include <algorithm>
#include <memory>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/bounded_sink.h"
#include "registry/json.h"

namespace kasane::registry {
namespace {

constexpr std::size_t kMostCodes = 4;

/// Larger bodies take as long as they take.
constexpr std::size_t kSmallBody = std::size_t{1} << 20;

/// Holds the body of a refusal back while it may still be mended: it is not for the caller then.
class Gate final : public ByteSink {
 public:
  Gate(const bool& closed, ByteSink& sink) : closed_(closed), sink_(sink) {}
  void write(std::string_view bytes) override {
    if (closed_) {
      held_.append(bytes.substr(0, kMostHeld - std::min(kMostHeld, held_.size())));
    } else {
      sink_.write(bytes);
    }
  }
  const std::string& held() const { return held_; }

 private:
  static constexpr std::size_t kMostHeld = std::size_t{64} << 10;
  const bool& closed_;
  ByteSink& sink_;
  std::string held_;
};

bool is_insecure(const RemoteOptions& options, const std::string& host) {
  const auto& hosts = options.insecure_hosts;
  return std::find(hosts.begin(), hosts.end(), host) != hosts.end();
}

Url base_url(const RegistryReference& name, const RemoteOptions& options) {
  const bool loopback = name.is_loopback() && !options.loopback_over_tls;
  const bool plain = loopback || is_insecure(options, name.host());
  const std::string host = name.host() == "docker.io" ? "registry-1.docker.io" : name.host();
  return Url::parse(
      fmt::format("{}://{}/v2/{}/", plain ? "http" : "https", host, name.repository()));
}

/// distribution-spec, "Error Codes": upper case and underscores.
bool is_code(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || c == '_';
  });
}

std::vector<std::string> read_codes(const std::string& text) {
  std::vector<std::string> out;
  if (text.empty()) return out;
  try {
    const Json document = parse_object(text, "the answer");
    for (const Json& error : require_array(document, "errors", "the answer")) {
      if (!error.is_object() || out.size() == kMostCodes) break;
      std::string code = optional_string(error, "code", "the answer");
      if (is_code(code)) out.push_back("`" + std::move(code) + "`");
    }
  } catch (const Error&) {
    // Many answers of proxies are no JSON: the status says enough.
    return out;
  }
  return out;
}

/// RFC 6750, section 3.1: the token is good, but not for this.
bool lacks_rights(const HttpHeaders& headers) {
  for (const Challenge& challenge : read_challenges(headers)) {
    if (challenge.find("error") == "insufficient_scope") return true;
  }
  return false;
}

Error lack_of_rights(const RemoteRequest& request, std::string message) {
  return Error(ErrorKind::kRefused, std::move(message))
      .hint(fmt::format("ask for the permission `{}`", request.scope.render()));
}

}  // namespace

Transport::Transport(HttpClient& http, Authenticator& authenticator, RegistryReference name,
                     RemoteOptions options)
    : http_(http),
      authenticator_(authenticator),
      name_(std::move(name)),
      options_(std::move(options)),
      base_(base_url(name_, options_)) {}

Url Transport::url(std::string_view rest) const { return base_.resolve(rest); }

void Transport::check_url(const Url& url) const {
  if (url.scheme() == "https") return;
  const bool ours = url.same_origin(base_);
  if (url.scheme() == "http" && (ours || (base_.scheme() == "http" && is_loopback(url)))) return;
  throw Error(ErrorKind::kRefused,
              fmt::format("the registry leads to `{}`, expected `https`", url.redacted()));
}

Url Transport::location(const RemoteAnswer& answer, std::string_view what) const {
  const auto field = answer.response.headers.find("Location");
  if (!field || field->empty()) {
    throw Error(ErrorKind::kNetwork,
                fmt::format("`{}` does not say where to {}: its answer has no `Location`",
                            name_.host(), what));
  }
  try {
    Url next = Url::parse(answer.response.final_url).resolve(*field);
    check_url(next);
    return next;
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kRefused) throw;
    throw Error(ErrorKind::kNetwork, fmt::format("`{}` does not say where to {}: its `Location` is "
                                                 "no URL",
                                                 name_.host(), what));
  }
}

HttpResponse Transport::exchange(const RemoteRequest& request, ByteSink& body,
                                 const std::function<void(const HttpResponse&)>& on_headers,
                                 std::optional<std::chrono::milliseconds> timeout) const {
  check_url(request.url);
  // At another host nothing of ours is shown, and none of its challenges is heeded.
  const bool ours = request.url.same_origin(base_);
  const Access access{base_, name_.host(), name_.repository(), request.scope};
  std::optional<Secret> authorization;
  if (ours) authorization = authenticator_.find_authorization(access);
  // A challenge to the unknown is no refusal: what it leads to may still have to be renewed once.
  bool renewed = false;
  for (;;) {
    HttpRequest asked;
    asked.method = request.method;
    asked.url = request.url.render();
    asked.total_timeout = timeout;
    asked.headers = request.headers;
    if (authorization) asked.headers.add("Authorization", authorization->reveal());
    if (request.body) {
      asked.body_size = request.body->size();
      asked.body = [&request] { return std::make_unique<StringSource>(*request.body); };
    }
    if (request.stream) {
      asked.body_size = request.stream_size;
      asked.body = request.stream;
    }
    bool refused = false;
    Gate gate(refused, body);
    HttpResponse response = http_.send(asked, gate, [&](const HttpResponse& head) {
      refused =
          head.status == 401 && ours && !renewed && Url::parse(head.final_url).same_origin(base_);
      if (!refused && on_headers) on_headers(head);
    });
    if (!refused) return response;
    const auto next = authenticator_.answer(access, response, authorization);
    if (!next) {
      if (on_headers) on_headers(response);
      body.write(gate.held());
      return response;
    }
    renewed = authorization.has_value();
    authorization = next;
  }
}

HttpResponse Transport::attempt(const RemoteRequest& request, ByteSink& body,
                                const std::function<void(const HttpResponse&)>& on_headers) const {
  return exchange(request, body, on_headers, std::nullopt);
}

RemoteAnswer Transport::attempt(const RemoteRequest& request) const {
  BoundedSink body(kDocumentLimit, "the registry's answer");
  const bool small = !request.stream && (!request.body || request.body->size() <= kSmallBody);
  HttpResponse response =
      exchange(request, body, {}, small ? std::optional(options_.answer_timeout) : std::nullopt);
  return {std::move(response), body.take()};
}

RemoteAnswer Transport::send(const RemoteRequest& request) const {
  Retry retry(options_.retry);
  for (;;) {
    std::optional<Error> failure;
    std::optional<std::chrono::milliseconds> asked;
    try {
      RemoteAnswer answer = attempt(request);
      if (!is_transient(answer.status())) return answer;
      failure = refusal(request, answer);
      asked = read_retry_after(answer.response.headers);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kNetwork) throw;
      failure = error;
    }
    retry.wait_or_throw(*std::move(failure), asked);
  }
}

Error Transport::refusal(const RemoteRequest& request, const RemoteAnswer& answer) const {
  const std::vector<std::string> codes = read_codes(answer.text);
  const int status = answer.status();
  const std::string shown =
      fmt::format("`{} {}` answered {}{}{}", request.method, request.url.redacted(), status,
                  codes.empty() ? "" : ": ", fmt::join(codes, ", "));
  switch (status) {
    case 401:
      if (lacks_rights(answer.response.headers)) return lack_of_rights(request, shown);
      return Error(ErrorKind::kRefused, shown)
          .hint(fmt::format("log in: `docker login {}`", name_.host()));
    case 403:
      return lack_of_rights(request, shown);
    case 404:
      return {ErrorKind::kFailed, shown};
    case 405:
      return {ErrorKind::kRefused, shown};
    default:
      return {ErrorKind::kNetwork, shown};
  }
}

}  // namespace kasane::registry
