#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace kasane::resolver {

/// Text that must not be seen: it has no way to be printed, only to be revealed where it is used.
class Secret {
 public:
  explicit Secret(std::string text) : text_(std::move(text)) {}
  /// For the request that needs it, never for a log, an error, a file or a report.
  const std::string& reveal() const { return text_; }
  std::string render() const { return "***"; }
  bool operator==(const Secret&) const = default;

 private:
  std::string text_;
};

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

/// The value of the `Authorization` header, when there are a user and a password.
std::optional<Secret> basic_authorization(const UrlCredentials& credentials);

/// A line of text with the credentials of all URLs in it replaced by `***`.
std::string redact_urls(std::string_view text);

/// `%2B` and the like decoded; a stray percent sign stays.
std::string percent_decode(std::string_view text);

}  // namespace kasane::resolver
