#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/file_system.h"

namespace kasane {

/// Who is to be let in: decoded, and kept apart from the URL that it stood in.
struct UserInfo {
  std::string user;
  std::string password;
  bool operator==(const UserInfo&) const = default;
};

/// An absolute URL: scheme and host in lower case, no `.` or `..` in the path, no fragment.
class Url {
 public:
  /// Reads what curl reads. Anything else is an Error of kind kUsage that shows no secrets.
  static Url parse(std::string_view text);
  /// The `file:` URL of an absolute path.
  static Url of_file(const Path& path);
  /// The inverse of parse(), but for user and password: these are never in it.
  std::string render() const;
  /// For people: without what may be a secret (query, and conda's `/t/<token>/`).
  std::string redacted() const;

  /// What `reference`, relative or absolute, means within this page.
  Url resolve(std::string_view reference) const;
  /// The same address for somebody else.
  Url with_user(UserInfo user) const;
  /// The same scheme, host and port.
  bool same_origin(const Url& other) const;

  const std::string& scheme() const { return scheme_; }
  const std::string& host() const { return host_; }
  /// As written; not there when it is the scheme's own.
  std::optional<std::uint16_t> port() const { return port_; }
  /// Percent-encoded; begins with `/`.
  const std::string& path() const { return path_; }
  /// Without its `?`; empty when there is none.
  const std::string& query() const { return query_; }
  const std::optional<UserInfo>& user_info() const { return user_info_; }
  /// The path of a `file:` URL, decoded.
  Path local_path() const;
  bool operator==(const Url&) const = default;

 private:
  Url() = default;
  static Url parse_with_base(const std::string* base, std::string_view text);

  std::string scheme_;
  std::string host_;
  std::optional<std::uint16_t> port_;
  std::string path_;
  std::string query_;
  std::optional<UserInfo> user_info_;
};

/// `text`, which may be no URL at all, without what may be a secret in one.
std::string redact_url(std::string_view text);

}  // namespace kasane
