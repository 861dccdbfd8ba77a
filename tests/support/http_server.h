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

#include "base/http.h"

namespace kasane {

/// A request as a test server received it.
struct HttpCall {
  std::string method;
  /// The path with its query, as sent.
  std::string target;
  HttpHeaders headers;
  std::string body;

  std::string path() const { return target.substr(0, target.find('?')); }
  /// The value of that header, or nothing at all.
  std::string header(std::string_view name) const {
    return std::string(headers.find(name).value_or(""));
  }
};

/// What a test server answers, rightly or not.
struct HttpReply {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  /// Said in place of the body's true size.
  std::optional<std::uint64_t> declared_size;
  /// Sent in chunks, without saying its size.
  bool chunked = false;
  /// After so many bytes of the body the connection is reset, or closed in order.
  std::optional<std::size_t> reset_after;
  std::optional<std::size_t> close_after;
  /// Waited before the first byte, and in the middle of the body.
  std::chrono::milliseconds delay{0};
  std::chrono::milliseconds delay_in_body{0};
  /// Waited before each byte of head and body.
  std::chrono::milliseconds drip{0};

  static HttpReply of(int status, std::string body = "") {
    HttpReply reply;
    reply.status = status;
    reply.body = std::move(body);
    return reply;
  }
  static HttpReply redirect(int status, std::string location) {
    HttpReply reply = of(status, "moved");
    reply.headers.emplace_back("Location", std::move(location));
    return reply;
  }
  HttpReply&& with(std::string name, std::string value) && {
    headers.emplace_back(std::move(name), std::move(value));
    return std::move(*this);
  }
};

/// The answer of a good server that has `bytes` at the called path: whole, or the one range that
/// was asked for.
HttpReply reply_with_file(const HttpCall& call, std::string_view bytes);

/// A real HTTP/1.1 server on a loopback port of the system's choosing, until destroyed. Connections
/// are kept open between requests. It calls `handler` from several threads at once.
class HttpServer {
 public:
  using Handler = std::function<HttpReply(const HttpCall&)>;

  explicit HttpServer(Handler handler);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// `http://127.0.0.1:<port>` and `target`.
  std::string url(std::string_view target = "") const;
  std::uint16_t port() const;
  /// All calls so far, in the order in which they came in.
  std::vector<HttpCall> calls() const;
  std::size_t count_calls(std::string_view path) const;
  /// How many connections were opened.
  std::size_t connections() const;

 private:
  class Listener;
  std::unique_ptr<Listener> listener_;
};

}  // namespace kasane
