#include <array>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <curl/curl.h>
#include <fmt/format.h>

#include "base/error.h"
#include "base/http.h"
#include "base/http_exchange.h"
#include "base/http_file.h"
#include "base/url.h"

namespace kasane {
namespace {

constexpr int kMostRedirects = 10;

struct CurlFree {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
using EasyHandle = std::unique_ptr<CURL, CurlFree>;

/// Names and TLS sessions found by one handle serve the others; connections stay with their handle,
/// since curl cannot share them between threads.
class Share {
 public:
  Share() : share_(curl_share_init()) {
    curl_share_setopt(share_.get(), CURLSHOPT_USERDATA, this);
    curl_share_setopt(share_.get(), CURLSHOPT_LOCKFUNC, &Share::lock);
    curl_share_setopt(share_.get(), CURLSHOPT_UNLOCKFUNC, &Share::unlock);
    curl_share_setopt(share_.get(), CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
    curl_share_setopt(share_.get(), CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
  }
  CURLSH* get() const { return share_.get(); }

 private:
  struct Free {
    void operator()(CURLSH* share) const { curl_share_cleanup(share); }
  };
  static void lock(CURL*, curl_lock_data what, curl_lock_access, void* self) {
    static_cast<Share*>(self)->mutexes_[what].lock();
  }
  static void unlock(CURL*, curl_lock_data what, void* self) {
    static_cast<Share*>(self)->mutexes_[what].unlock();
  }

  std::array<std::mutex, CURL_LOCK_DATA_LAST> mutexes_;
  std::unique_ptr<CURLSH, Free> share_;
};

bool is_same_name(std::string_view a, std::string_view b) {
  return curl_strnequal(a.data(), b.data(), a.size()) != 0 && a.size() == b.size();
}

class CurlClient final : public HttpClient {
 public:
  explicit CurlClient(HttpOptions options) : options_(std::move(options)) {}
  HttpResponse send(const HttpRequest& request, ByteSink& body,
                    const std::function<void(const HttpResponse&)>& on_headers) override;

 private:
  /// A handle of the pool, given back at the end with its connections.
  class Borrowed;
  EasyHandle take();
  void configure(CURL* handle) const;

  const HttpOptions options_;
  Share share_;
  std::mutex mutex_;
  std::vector<EasyHandle> idle_;
};

class CurlClient::Borrowed {
 public:
  explicit Borrowed(CurlClient& client) : client_(client), handle_(client.take()) {}
  Borrowed(const Borrowed&) = delete;
  Borrowed& operator=(const Borrowed&) = delete;
  ~Borrowed() {
    const std::lock_guard guard(client_.mutex_);
    client_.idle_.push_back(std::move(handle_));
  }
  CURL* get() const { return handle_.get(); }

 private:
  CurlClient& client_;
  EasyHandle handle_;
};

EasyHandle CurlClient::take() {
  const std::lock_guard guard(mutex_);
  if (!idle_.empty()) {
    EasyHandle handle = std::move(idle_.back());
    idle_.pop_back();
    return handle;
  }
  EasyHandle handle(curl_easy_init());
  if (handle == nullptr) throw Error(ErrorKind::kFailed, "cannot set up curl");
  return handle;
}

void CurlClient::configure(CURL* handle) const {
  curl_easy_reset(handle);
  curl_easy_setopt(handle, CURLOPT_SHARE, share_.get());
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(handle, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
  curl_easy_setopt(handle, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  curl_easy_setopt(handle, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(handle, CURLOPT_BUFFERSIZE, 256L * 1024);
  curl_easy_setopt(handle, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(handle, CURLOPT_USERAGENT, options_.user_agent.c_str());
  const auto set = [&](CURLoption option, const std::optional<std::string>& value) {
    if (value) curl_easy_setopt(handle, option, value->c_str());
  };
  set(CURLOPT_CAINFO, options_.ca_bundle);
  set(CURLOPT_CAPATH, options_.ca_directory);
  set(CURLOPT_SSLCERT, options_.client_certificate);
  set(CURLOPT_SSLKEY, options_.client_key);
  if (!options_.proxies_from_environment) {
    curl_easy_setopt(handle, CURLOPT_PROXY, "");
    curl_easy_setopt(handle, CURLOPT_NOPROXY, "*");
  }
}

/// Headers that open doors are for the one whom they were meant for.
HttpHeaders without_secrets(const HttpHeaders& headers) {
  HttpHeaders out;
  for (const auto& [name, value] : headers.fields()) {
    if (is_same_name(name, "Authorization") || is_same_name(name, "Cookie")) continue;
    out.add(name, value);
  }
  return out;
}

HttpResponse CurlClient::send(const HttpRequest& request, ByteSink& body,
                              const std::function<void(const HttpResponse&)>& on_headers) {
  const Url first = Url::parse(request.url);
  if (first.user_info()) {
    throw Error(ErrorKind::kUsage,
                fmt::format("expected no user and password in the URL `{}`", first.redacted()));
  }
  if (first.scheme() == "file") return send_file(first, request, body, on_headers);
  Url url = first;
  HttpHeaders headers = request.headers;
  const Borrowed handle(*this);
  for (int redirects = 0; redirects <= kMostRedirects; ++redirects) {
    configure(handle.get());
    Exchange exchange(request, url, body, on_headers);
    exchange.run(handle.get(), headers);
    const auto next = exchange.next();
    if (!next) return std::move(exchange.response());
    check_redirect(url, *next);
    if (!next->same_origin(url)) headers = without_secrets(headers);
    url = *next;
  }
  throw Error(ErrorKind::kNetwork,
              fmt::format("`{}` redirects more than {} times", first.redacted(), kMostRedirects));
}

}  // namespace

std::unique_ptr<HttpClient> make_curl_client(const HttpOptions& options) {
  static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (ready != CURLE_OK) {
    throw Error(ErrorKind::kFailed,
                fmt::format("cannot set up curl: {}", curl_easy_strerror(ready)));
  }
  return std::make_unique<CurlClient>(options);
}

}  // namespace kasane
