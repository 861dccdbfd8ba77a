#include "base/url.h"

#include <algorithm>
#include <charconv>
#include <memory>
#include <utility>

#include <curl/curl.h>
#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace kasane {
namespace {

struct CurlFree {
  void operator()(char* text) const { curl_free(text); }
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using Handle = std::unique_ptr<CURLU, CurlFree>;

std::optional<std::string> find_part(const Handle& handle, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  const CURLUcode code = curl_url_get(handle.get(), part, &text, flags);
  const std::unique_ptr<char, CurlFree> owner(text);
  if (code != CURLUE_OK) return std::nullopt;
  return std::string(text);
}

[[noreturn]] void refuse(std::string_view text, std::string_view why) {
  throw Error(ErrorKind::kUsage,
              fmt::format("expected a URL, got `{}`: {}", redact_url(text.substr(0, 200)), why));
}

std::uint16_t default_port(std::string_view scheme) {
  return scheme == "https" ? 443 : scheme == "http" ? 80 : 0;
}

/// conda servers take a token as a part of the path: `/t/<token>/channel`.
void hide_token(std::string& text) {
  const std::size_t found = text.find("/t/");
  if (found == std::string::npos) return;
  const std::size_t start = found + 3;
  const std::size_t end = std::min(text.find('/', start), text.size());
  text.replace(start, end - start, "***");
}

}  // namespace

Url Url::parse_with_base(const std::string* base, std::string_view text) {
  if (text.find('\0') != std::string_view::npos) refuse(text, "it holds a NUL byte");
  const Handle handle(curl_url());
  constexpr unsigned kFlags = CURLU_NON_SUPPORT_SCHEME | CURLU_URLENCODE;
  if (base != nullptr) curl_url_set(handle.get(), CURLUPART_URL, base->c_str(), kFlags);
  const CURLUcode code =
      curl_url_set(handle.get(), CURLUPART_URL, std::string(text).c_str(), kFlags);
  if (code != CURLUE_OK) refuse(text, curl_url_strerror(code));

  Url url;
  url.scheme_ = lower(find_part(handle, CURLUPART_SCHEME).value_or(""));
  url.host_ = lower(find_part(handle, CURLUPART_HOST).value_or(""));
  url.path_ = find_part(handle, CURLUPART_PATH).value_or("/");
  url.query_ = find_part(handle, CURLUPART_QUERY).value_or("");
  if (const auto port = find_part(handle, CURLUPART_PORT)) {
    std::uint16_t number = 0;
    std::from_chars(port->data(), port->data() + port->size(), number);
    if (number != default_port(url.scheme_)) url.port_ = number;
  }
  const auto user = find_part(handle, CURLUPART_USER, CURLU_URLDECODE);
  const auto password = find_part(handle, CURLUPART_PASSWORD, CURLU_URLDECODE);
  if (user || password) url.user_info_ = UserInfo{user.value_or(""), password.value_or("")};
  return url;
}

Url Url::parse(std::string_view text) { return parse_with_base(nullptr, text); }

Url Url::of_file(const Path& path) {
  constexpr std::string_view kPlain = "/-._~+";
  std::string text = "file://";
  for (const char c : path.native()) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       kPlain.find(c) != std::string_view::npos;
    text += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return parse(text);
}

Url Url::resolve(std::string_view reference) const {
  const std::string base = render();
  return parse_with_base(&base, reference);
}

std::string Url::render() const {
  std::string out = fmt::format("{}://{}", scheme_, host_);
  if (port_) out += fmt::format(":{}", *port_);
  out += path_;
  if (!query_.empty()) out += "?" + query_;
  return out;
}

std::string Url::redacted() const {
  Url shown = *this;
  shown.query_ = query_.empty() ? "" : "***";
  hide_token(shown.path_);
  return shown.render();
}

Url Url::with_user(UserInfo user) const {
  Url out = *this;
  out.user_info_ = std::move(user);
  return out;
}

bool Url::same_origin(const Url& other) const {
  return scheme_ == other.scheme_ && host_ == other.host_ && port_ == other.port_;
}

Path Url::local_path() const {
  const Handle handle(curl_url());
  curl_url_set(handle.get(), CURLUPART_URL, render().c_str(), 0);
  const auto decoded = find_part(handle, CURLUPART_PATH, CURLU_URLDECODE);
  if (scheme_ != "file" || !decoded) refuse(render(), "expected the name of a local file");
  return *decoded;
}

std::string redact_url(std::string_view text) {
  std::string out(text.substr(0, text.find_first_of("?#")));
  const std::size_t start = out.find("//");
  if (start == std::string::npos) return out;
  hide_token(out);
  const std::size_t end = std::min(out.find('/', start + 2), out.size());
  const std::size_t at = out.rfind('@', end);
  if (at != std::string::npos && at >= start + 2) out.replace(start + 2, at - start - 2, "***");
  return out;
}

}  // namespace kasane
