#include "base/http_exchange.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <new>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace kasane {
namespace {

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 32 && c != '\t'; });
}

const char* hint_for(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return "check the host's name and this machine's network; behind a proxy, set "
             "`HTTPS_PROXY`";
    case CURLE_COULDNT_RESOLVE_PROXY:
      return "check the proxy that `HTTPS_PROXY`, `HTTP_PROXY` or `ALL_PROXY` names";
    case CURLE_COULDNT_CONNECT:
      return "check that the server can be reached from here; behind a proxy, set `HTTPS_PROXY`";
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
      return "let `SSL_CERT_FILE` name a file with the certificate authority of the server or "
             "proxy";
    case CURLE_SSL_CERTPROBLEM:
      return "check the client certificate and its key";
    case CURLE_OPERATION_TIMEDOUT:
      return "try again; the server or the network is slow";
    default:
      return nullptr;
  }
}

/// A certificate that is not trusted stays so: trying again is of no use.
ErrorKind kind_of(CURLcode code) {
  switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CERTPROBLEM:
      return ErrorKind::kRefused;
    default:
      return ErrorKind::kNetwork;
  }
}

}  // namespace

void check_redirect(const Url& from, const Url& to) {
  const auto refuse = [&](std::string_view why) {
    throw Error(ErrorKind::kNetwork,
                fmt::format("`{}` redirects to `{}`: {}", from.redacted(), to.redacted(), why));
  };
  if (to.scheme() != "https" && to.scheme() != "http") refuse("expected `http` or `https`");
  if (from.scheme() == "https" && to.scheme() == "http") {
    refuse("a redirect from `https` to `http` is not followed");
  }
}

std::size_t Exchange::on_header(char* bytes, std::size_t, std::size_t size, void* self) {
  auto& exchange = *static_cast<Exchange*>(self);
  return exchange.guarded(0, [&] {
    exchange.take_header({bytes, size});
    return size;
  });
}

std::size_t Exchange::on_body(char* bytes, std::size_t, std::size_t size, void* self) {
  auto& exchange = *static_cast<Exchange*>(self);
  return exchange.guarded(size == 0 ? 1 : 0, [&] {
    if (!exchange.next()) exchange.sink_.write({bytes, size});
    return size;
  });
}

std::size_t Exchange::on_upload(char* buffer, std::size_t, std::size_t size, void* self) {
  auto& exchange = *static_cast<Exchange*>(self);
  return exchange.guarded(CURL_READFUNC_ABORT,
                          [&] { return exchange.upload_->read(std::span(buffer, size)); });
}

int Exchange::on_rewind(void* self, curl_off_t offset, int origin) {
  auto& exchange = *static_cast<Exchange*>(self);
  if (offset != 0 || origin != SEEK_SET) return CURL_SEEKFUNC_CANTSEEK;
  const std::size_t outcome = exchange.guarded(CURL_SEEKFUNC_FAIL, [&]() -> std::size_t {
    exchange.upload_ = exchange.request_.body();
    return CURL_SEEKFUNC_OK;
  });
  return static_cast<int>(outcome);
}

void Exchange::take_header(std::string_view line) {
  if (headers_done_) return;  // a trailer
  if (line.starts_with("HTTP/")) {
    response_ = {};
    const std::size_t space = line.find(' ');
    if (space != std::string_view::npos) {
      const std::string_view digits = line.substr(space + 1, 3);
      std::from_chars(digits.data(), digits.data() + digits.size(), response_.status);
    }
    return;
  }
  const std::string_view text = trim(line);
  if (text.empty()) {
    if (response_.status < 200) return;
    headers_done_ = true;
    response_.final_url = url_.render();
    if (on_headers_ && !next()) on_headers_(response_);
    return;
  }
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0) return;
  response_.headers.add(std::string(trim(text.substr(0, colon))),
                        std::string(trim(text.substr(colon + 1))));
}

std::optional<Url> Exchange::next() const {
  if (!request_.follow_redirects || !is_redirect(response_.status)) return std::nullopt;
  if (request_.method != "GET" && request_.method != "HEAD") return std::nullopt;
  const auto location = response_.headers.find("Location");
  if (!location) return std::nullopt;
  try {
    return url_.resolve(*location);
  } catch (const Error& error) {
    throw Error(ErrorKind::kNetwork, fmt::format("`{}` redirects to what is no URL: {}",
                                                 url_.redacted(), error.message()));
  }
}

Exchange::HeaderList Exchange::header_list(const HttpHeaders& headers) const {
  HeaderList list;
  const auto add = [&](const std::string& line) {
    curl_slist* longer = curl_slist_append(list.get(), line.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    static_cast<void>(list.release());
    list.reset(longer);
  };
  for (const auto& [name, value] : headers.fields()) {
    if (has_control(name) || has_control(value) || name.find(':') != std::string::npos) {
      throw Error(ErrorKind::kUsage,
                  fmt::format("expected one line as the value of the header `{}`", name));
    }
    add(value.empty() ? name + ";" : name + ": " + value);
  }
  // curl adds these to uploads; registries want neither.
  if (!headers.find("Content-Type")) add("Content-Type:");
  if (!headers.find("Expect")) add("Expect:");
  return list;
}

void Exchange::set_method(CURL* handle) {
  if (request_.body) {
    upload_ = request_.body();
    curl_easy_setopt(handle, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(handle, CURLOPT_READFUNCTION, &Exchange::on_upload);
    curl_easy_setopt(handle, CURLOPT_READDATA, this);
    curl_easy_setopt(handle, CURLOPT_SEEKFUNCTION, &Exchange::on_rewind);
    curl_easy_setopt(handle, CURLOPT_SEEKDATA, this);
    curl_easy_setopt(
        handle, CURLOPT_INFILESIZE_LARGE,
        request_.body_size ? static_cast<curl_off_t>(*request_.body_size) : curl_off_t{-1});
  } else if (request_.method == "HEAD") {
    curl_easy_setopt(handle, CURLOPT_NOBODY, 1L);
    return;
  } else if (request_.method != "GET" && request_.method != "DELETE") {
    curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE, 0L);
    curl_easy_setopt(handle, CURLOPT_POSTFIELDS, "");
  }
  curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, request_.method.c_str());
}

void Exchange::run(CURL* handle, const HttpHeaders& headers) {
  std::array<char, CURL_ERROR_SIZE> message{};
  const HeaderList list = header_list(headers);
  const std::string url = url_.render();
  set_method(handle);
  curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, list.get());
  curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, message.data());
  curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, &Exchange::on_header);
  curl_easy_setopt(handle, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &Exchange::on_body);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(request_.connect_timeout.count()));
  curl_easy_setopt(handle, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(handle, CURLOPT_LOW_SPEED_TIME,
                   std::max(1L, static_cast<long>(request_.stall_timeout.count() / 1000)));
  if (request_.total_timeout) {
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS,
                     std::max(1L, static_cast<long>(request_.total_timeout->count())));
  }
  const CURLcode code = curl_easy_perform(handle);
  curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, nullptr);
  if (thrown_) std::rethrow_exception(thrown_);
  if (code == CURLE_OK) return;
  const std::string_view why = message[0] != '\0' ? message.data() : curl_easy_strerror(code);
  Error error(kind_of(code),
              fmt::format("cannot {} `{}`: {}", request_.method, url_.redacted(), trim(why)));
  if (const char* hint = hint_for(code)) throw std::move(error).hint(hint);
  throw error;
}

}  // namespace kasane
