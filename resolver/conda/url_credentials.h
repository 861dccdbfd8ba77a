#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/secret.h"
#include "base/url.h"

namespace kasane::resolver {

/// What a URL held besides the address: `user:password@`, conda's `/t/TOKEN` and a query, which is
/// where signed URLs carry their signature. At least one of them is there.
struct UrlCredentials {
  /// `user` or `user:password`, percent-encoded as it stood.
  std::optional<Secret> user_info;
  std::optional<Secret> token;
  /// Where `/t/TOKEN` goes, as an offset into the path of the URL without it.
  std::size_t token_offset = 0;
  /// Without the question mark.
  std::optional<Secret> query;

  bool operator==(const UrlCredentials&) const = default;
};

/// A URL that may be shown, and what was taken out of it. A path is left as it is.
struct SplitUrl {
  std::string url;
  std::optional<UrlCredentials> credentials;
};

enum class UrlTokens { kNone, kConda };

/// Takes credentials out of an http or https URL; `/t/TOKEN` only of conda's URLs, since elsewhere
/// it may be a directory. A fragment is dropped.
SplitUrl split_credentials(std::string_view url, UrlTokens tokens = UrlTokens::kConda);

/// The URL to ask for: `url` (or another one of the same directory) with token and query put back.
/// User and password are not in it: they belong into the `Authorization` header.
Secret url_with_token(std::string_view url, const UrlCredentials& credentials);

/// User and password, decoded, when they are there.
std::optional<UserInfo> find_user(const UrlCredentials& credentials);

/// A line of text with the credentials of all URLs in it replaced by `***`.
std::string redact_urls(std::string_view text);

/// `%2B` and the like decoded; a stray percent sign stays.
std::string percent_decode(std::string_view text);

}  // namespace kasane::resolver
