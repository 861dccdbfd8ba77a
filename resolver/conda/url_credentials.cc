#include "resolver/conda/url_credentials.h"

#include <algorithm>

namespace kasane::resolver {
namespace {

constexpr std::string_view kTokenMark = "/t/";
constexpr std::string_view kUrlEnd = " \t\"'<>`,;)]}";

bool is_web_url(std::string_view url) {
  return url.starts_with("http://") || url.starts_with("https://");
}

/// Length of `scheme://authority`.
std::size_t origin_length(std::string_view url) {
  const std::size_t start = url.find("://") + 3;
  return std::min(url.find_first_of("/?#", start), url.size());
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string redact(std::string_view url) {
  const SplitUrl split = split_credentials(url);
  if (!split.credentials) return std::string(url);
  const UrlCredentials& found = *split.credentials;
  std::string out = split.url;
  if (found.token) {
    out.insert(origin_length(out) + found.token_offset, "/t/***");
  }
  if (found.user_info) out.insert(out.find("://") + 3, "***@");
  if (found.query) out += "?***";
  return out;
}

}  // namespace

SplitUrl split_credentials(std::string_view url, UrlTokens tokens) {
  if (!is_web_url(url)) return {std::string(url), std::nullopt};
  UrlCredentials found;
  url = url.substr(0, url.find('#'));
  const std::size_t scheme_end = url.find("://") + 3;
  const std::size_t question = url.find('?');
  if (question != std::string_view::npos) {
    found.query = Secret(std::string(url.substr(question + 1)));
    url = url.substr(0, question);
  }
  const std::size_t authority_end = origin_length(url);
  std::string_view authority = url.substr(scheme_end, authority_end - scheme_end);
  const std::size_t at = authority.rfind('@');
  if (at != std::string_view::npos) {
    found.user_info = Secret(std::string(authority.substr(0, at)));
    authority = authority.substr(at + 1);
  }
  std::string path(url.substr(authority_end));
  const std::size_t mark = tokens == UrlTokens::kConda ? path.find(kTokenMark) : std::string::npos;
  if (mark != std::string::npos) {
    const std::size_t begin = mark + kTokenMark.size();
    const std::size_t end = std::min(path.find('/', begin), path.size());
    found.token = Secret(path.substr(begin, end - begin));
    found.token_offset = mark;
    path.erase(mark, end - mark);
  }
  SplitUrl out{std::string(url.substr(0, scheme_end)), std::nullopt};
  out.url.append(authority).append(path);
  if (found.user_info || found.token || found.query) out.credentials = std::move(found);
  return out;
}

Secret url_with_token(std::string_view url, const UrlCredentials& credentials) {
  std::string out(url);
  if (!is_web_url(url)) return Secret(std::move(out));
  const std::size_t place = origin_length(out) + credentials.token_offset;
  if (credentials.token && place <= out.size()) {
    out.insert(place, "/t/" + credentials.token->reveal());
  }
  if (credentials.query) out += "?" + credentials.query->reveal();
  return Secret(std::move(out));
}

std::optional<UserInfo> find_user(const UrlCredentials& credentials) {
  if (!credentials.user_info) return std::nullopt;
  const std::string& text = credentials.user_info->reveal();
  const std::size_t colon = std::min(text.find(':'), text.size());
  return UserInfo{percent_decode(text.substr(0, colon)),
                  percent_decode(std::string_view(text).substr(std::min(colon + 1, text.size())))};
}

std::string redact_urls(std::string_view text) {
  std::string out;
  while (true) {
    const std::size_t start = std::min(text.find("http://"), text.find("https://"));
    if (start == std::string_view::npos) return out.append(text);
    out.append(text.substr(0, start));
    text.remove_prefix(start);
    const std::size_t length = std::min(text.find_first_of(kUrlEnd), text.size());
    const std::string_view url = text.substr(0, length);
    const std::size_t fragment = std::min(url.find('#'), url.size());
    out.append(redact(url.substr(0, fragment))).append(url.substr(fragment));
    text.remove_prefix(length);
  }
}

std::string percent_decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 &&
                        hex_value(text[i + 2]) >= 0;
    if (escape) {
      out += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace kasane::resolver
