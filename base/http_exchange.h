#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include <curl/curl.h>

#include "base/http.h"
#include "base/url.h"

namespace kasane {

/// An Error of kind kNetwork when a redirect must not be followed: away from http and https, or
/// from https back to http.
void check_redirect(const Url& from, const Url& to);

/// One request on its way: what curl's callbacks work on. No exception may pass through curl; what
/// was thrown is kept and thrown again behind it.
class Exchange {
 public:
  Exchange(const HttpRequest& request, Url url, ByteSink& sink,
           const std::function<void(const HttpResponse&)>& on_headers)
      : request_(request), url_(std::move(url)), sink_(sink), on_headers_(on_headers) {}

  /// Sends it with `headers`; `handle` is a curl handle, set up but for what the request says.
  void run(CURL* handle, const HttpHeaders& headers);
  /// Where to go from here; nothing when this was the answer.
  std::optional<Url> next() const;
  HttpResponse& response() { return response_; }

 private:
  void set_method(CURL* handle);
  struct FreeList {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  };
  using HeaderList = std::unique_ptr<curl_slist, FreeList>;

  HeaderList header_list(const HttpHeaders& headers) const;
  void take_header(std::string_view line);

  template <class Body>
  std::size_t guarded(std::size_t on_failure, Body body) {
    try {
      return body();
    } catch (...) {
      thrown_ = std::current_exception();
      return on_failure;
    }
  }
  static std::size_t on_header(char* bytes, std::size_t, std::size_t size, void* self);
  static std::size_t on_body(char* bytes, std::size_t, std::size_t size, void* self);
  static std::size_t on_upload(char* buffer, std::size_t, std::size_t size, void* self);
  static int on_rewind(void* self, curl_off_t offset, int origin);

  const HttpRequest& request_;
  const Url url_;
  ByteSink& sink_;
  const std::function<void(const HttpResponse&)>& on_headers_;
  std::unique_ptr<ByteSource> upload_;
  HttpResponse response_;
  bool headers_done_ = false;
  std::exception_ptr thrown_;
};

}  // namespace kasane
