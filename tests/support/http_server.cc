#include "tests/support/http_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>

#include <fmt/format.h>

#include "base/error.h"

namespace kasane {
namespace {

/// One end of a connection, with what was received beyond the last line or body read.
class Connection {
 public:
  explicit Connection(int socket) : socket_(socket) {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() { ::close(socket_); }

  std::optional<std::string> read_line() {
    for (;;) {
      const std::size_t end = received_.find("\r\n");
      if (end != std::string::npos) {
        std::string line = received_.substr(0, end);
        received_.erase(0, end + 2);
        return line;
      }
      if (!receive()) return std::nullopt;
    }
  }

  std::optional<std::string> read_bytes(std::size_t size) {
    while (received_.size() < size) {
      if (!receive()) return std::nullopt;
    }
    std::string bytes = received_.substr(0, size);
    received_.erase(0, size);
    return bytes;
  }

  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }

  /// Closing is then a reset for the other side.
  void reset_on_close() {
    const linger now{1, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  }

 private:
  bool receive() {
    char buffer[65536];
    const ssize_t n = ::recv(socket_, buffer, sizeof buffer, 0);
    if (n <= 0) return false;
    received_.append(buffer, static_cast<std::size_t>(n));
    return true;
  }

  int socket_;
  std::string received_;
};

std::optional<std::string> read_chunked(Connection& connection) {
  std::string body;
  for (;;) {
    const auto line = connection.read_line();
    if (!line) return std::nullopt;
    std::size_t size = 0;
    std::from_chars(line->data(), line->data() + line->size(), size, 16);
    auto chunk = connection.read_bytes(size);
    if (!chunk || !connection.read_line()) return std::nullopt;
    if (size == 0) return body;
    body += *chunk;
  }
}

std::optional<HttpCall> read_call(Connection& connection) {
  const auto first = connection.read_line();
  if (!first) return std::nullopt;
  HttpCall call;
  const std::size_t one = first->find(' ');
  const std::size_t two = first->rfind(' ');
  if (one == std::string::npos || two <= one) return std::nullopt;
  call.method = first->substr(0, one);
  call.target = first->substr(one + 1, two - one - 1);
  for (;;) {
    const auto line = connection.read_line();
    if (!line) return std::nullopt;
    if (line->empty()) break;
    const std::size_t colon = line->find(':');
    if (colon == std::string::npos) return std::nullopt;
    const std::size_t start = std::min(line->find_first_not_of(' ', colon + 1), line->size());
    call.headers.add(line->substr(0, colon), line->substr(start));
  }
  std::optional<std::string> body = "";
  if (call.header("Transfer-Encoding") == "chunked") {
    body = read_chunked(connection);
  } else if (const std::string size = call.header("Content-Length"); !size.empty()) {
    body = connection.read_bytes(std::stoul(size));
  }
  if (!body) return std::nullopt;
  call.body = *std::move(body);
  return call;
}

bool is_bodiless(const HttpReply& reply) { return reply.status == 204 || reply.status == 304; }

std::string render_head(const HttpCall& call, const HttpReply& reply) {
  std::string head = fmt::format("HTTP/1.1 {} Said\r\n", reply.status);
  for (const auto& [name, value] : reply.headers) head += fmt::format("{}: {}\r\n", name, value);
  if (reply.chunked) {
    head += "Transfer-Encoding: chunked\r\n";
  } else if (!is_bodiless(reply) || call.method == "HEAD") {
    head += fmt::format("Content-Length: {}\r\n", reply.declared_size.value_or(reply.body.size()));
  }
  return head + "\r\n";
}

using Pause = std::function<void(std::chrono::milliseconds)>;

/// Byte by byte, for as long as the other side wants them.
bool send_drop_by_drop(Connection& connection, std::string_view bytes,
                       std::chrono::milliseconds time, const Pause& pause) {
  for (const char& byte : bytes) {
    pause(time);
    if (!connection.send({&byte, 1})) return false;
  }
  return true;
}

/// False when the connection is of no use after this.
bool send_reply(Connection& connection, const HttpCall& call, const HttpReply& reply,
                const Pause& pause) {
  pause(reply.delay);
  if (reply.drip.count() > 0) {
    const bool bodiless = call.method == "HEAD" || is_bodiless(reply);
    return send_drop_by_drop(connection, render_head(call, reply) + (bodiless ? "" : reply.body),
                             reply.drip, pause);
  }
  if (!connection.send(render_head(call, reply))) return false;
  if (call.method == "HEAD" || is_bodiless(reply)) return true;
  std::string_view body = reply.body;
  if (reply.reset_after) body = body.substr(0, *reply.reset_after);
  if (reply.close_after) body = body.substr(0, *reply.close_after);
  const std::string framed =
      reply.chunked && !body.empty() ? fmt::format("{:x}\r\n{}\r\n", body.size(), body) : "";
  if (reply.chunked) body = framed;
  const std::size_t half = reply.delay_in_body.count() > 0 ? body.size() / 2 : 0;
  if (!connection.send(body.substr(0, half))) return false;
  pause(reply.delay_in_body);
  if (!connection.send(body.substr(half))) return false;
  if (reply.reset_after) {
    // What is on its way arrives first: a reset drops what the other side has not read.
    pause(std::chrono::milliseconds(20));
    connection.reset_on_close();
    return false;
  }
  if (reply.close_after) return false;
  if (reply.chunked && !connection.send("0\r\n\r\n")) return false;
  return !reply.declared_size;
}

}  // namespace

class HttpServer::Listener {
 public:
  explicit Listener(Handler handler) : handler_(std::move(handler)) {
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    if (socket_ < 0 || ::bind(socket_, generic, size) != 0 || ::listen(socket_, 128) != 0 ||
        ::getsockname(socket_, generic, &size) != 0) {
      throw system_error("cannot listen on 127.0.0.1");
    }
    port_ = ntohs(address.sin_port);
    accepting_ = std::thread([this] { accept_all(); });
  }

  ~Listener() {
    ::shutdown(socket_, SHUT_RDWR);
    accepting_.join();
    {
      const std::lock_guard guard(mutex_);
      ended_ = true;
      woken_.notify_all();
      for (const int socket : open_) ::shutdown(socket, SHUT_RDWR);
    }
    for (std::thread& thread : threads_) thread.join();
    ::close(socket_);
  }

  std::uint16_t port() const { return port_; }
  std::vector<HttpCall> calls() const {
    const std::lock_guard guard(mutex_);
    return calls_;
  }
  std::size_t connections() const {
    const std::lock_guard guard(mutex_);
    return threads_.size();
  }

 private:
  void accept_all() {
    for (;;) {
      const int socket = ::accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC);
      if (socket < 0) return;
      const int on = 1;
      ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      const std::lock_guard guard(mutex_);
      open_.insert(socket);
      threads_.emplace_back([this, socket] { serve(socket); });
    }
  }

  void serve(int socket) {
    Connection connection(socket);
    while (const auto call = read_call(connection)) {
      {
        const std::lock_guard guard(mutex_);
        calls_.push_back(*call);
      }
      const auto pause = [this](std::chrono::milliseconds time) { this->pause(time); };
      if (!send_reply(connection, *call, handler_(*call), pause)) break;
    }
    const std::lock_guard guard(mutex_);
    open_.erase(socket);
  }

  void pause(std::chrono::milliseconds time) {
    if (time.count() == 0) return;
    std::unique_lock guard(mutex_);
    woken_.wait_for(guard, time, [this] { return ended_; });
  }

  const Handler handler_;
  bool ended_ = false;
  std::condition_variable woken_;
  int socket_ = -1;
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;
  std::vector<HttpCall> calls_;
  std::set<int> open_;
  std::vector<std::thread> threads_;
  std::thread accepting_;
};

HttpServer::HttpServer(Handler handler)
    : listener_(std::make_unique<Listener>(std::move(handler))) {}
HttpServer::~HttpServer() = default;

std::string HttpServer::url(std::string_view target) const {
  return fmt::format("http://127.0.0.1:{}{}", port(), target);
}
std::uint16_t HttpServer::port() const { return listener_->port(); }
std::vector<HttpCall> HttpServer::calls() const { return listener_->calls(); }
std::size_t HttpServer::connections() const { return listener_->connections(); }

std::size_t HttpServer::count_calls(std::string_view path) const {
  const std::vector<HttpCall> all = calls();
  return static_cast<std::size_t>(std::count_if(
      all.begin(), all.end(), [&](const HttpCall& call) { return call.path() == path; }));
}

HttpReply reply_with_file(const HttpCall& call, std::string_view bytes) {
  HttpReply whole = HttpReply::of(200, std::string(bytes)).with("Accept-Ranges", "bytes");
  const std::string range = call.header("Range");
  if (!range.starts_with("bytes=")) return whole;
  const std::size_t dash = range.find('-');
  std::size_t first = 0;
  std::size_t last = bytes.size() - 1;
  std::from_chars(range.data() + 6, range.data() + dash, first);
  std::from_chars(range.data() + dash + 1, range.data() + range.size(), last);
  if (dash == 6) {
    first = bytes.size() - std::min(bytes.size(), last);
    last = bytes.size() - 1;
  }
  if (first >= bytes.size()) {
    return HttpReply::of(416).with("Content-Range", fmt::format("bytes */{}", bytes.size()));
  }
  last = std::min(last, bytes.size() - 1);
  return HttpReply::of(206, std::string(bytes.substr(first, last - first + 1)))
      .with("Content-Range", fmt::format("bytes {}-{}/{}", first, last, bytes.size()));
}

}  // namespace kasane
