#pragma once

#include <compare>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kasane::resolver::pypi {

/// What a Python version consists of (PEP 440). Numbers are digits without leading zeros, `0` at
/// least, however many there are.
struct VersionParts {
  struct PreRelease {
    /// `a`, `b` or `rc`.
    std::string phase;
    std::string number;
    bool operator==(const PreRelease&) const = default;
  };

  std::string epoch = "0";
  /// Never empty.
  std::vector<std::string> release;
  std::optional<PreRelease> pre;
  std::optional<std::string> post;
  std::optional<std::string> dev;
  /// In lower case, its separators as `.`; empty when there is none.
  std::string local;

  /// The normalised form.
  std::string render() const;
  bool operator==(const VersionParts&) const = default;
};

/// A version of a Python distribution (PEP 440). Its order is that of `key()`, compared byte by
/// byte as unsigned: parse once, then compare like memcmp. Equal versions (`1.0`, `1`) have equal
/// keys.
class PythonVersion {
 public:
  /// Reads what packaging's `Version` reads. Anything else is an Error of kind kFailed, whose place
  /// has the column in `text`.
  static PythonVersion parse(std::string_view text);
  static std::optional<PythonVersion> find(std::string_view text);

  /// As it was given, without spaces around it.
  const std::string& text() const { return text_; }
  /// The normalised form: `1.0.0RC1` is `1.0.0rc1`.
  std::string render() const { return parts().render(); }
  VersionParts parts() const;

  const std::string& key() const { return key_; }
  /// The key without the local part, which is a prefix of the key.
  std::string_view public_key() const { return std::string_view(key_).substr(0, public_size_); }
  /// True for `1.0a1`, `1.0.dev1` and `1.0.post1.dev1`, false for `1.0` and `1.0.post1`.
  bool is_prerelease() const { return prerelease_; }
  bool has_local() const { return key_.size() > public_size_ + 1; }

  std::strong_ordering operator<=>(const PythonVersion& other) const { return key_ <=> other.key_; }
  bool operator==(const PythonVersion& other) const { return key_ == other.key_; }

 private:
  PythonVersion() = default;
  std::string text_;
  std::string key_;
  std::size_t public_size_ = 0;
  bool prerelease_ = false;
};

/// A key, and where in it things end. `final_size` is that of the key up to and with what tells
/// `1.0a1` from `1.0`: what all post-releases of a version share with it.
struct VersionKey {
  std::string bytes;
  std::size_t final_size = 0;
  std::size_t public_size = 0;
};

VersionKey make_version_key(const VersionParts& parts);

/// How much of `text` is a version, read as far as that is possible; 0 when none begins there. Sets
/// `parts`. `v` and spaces before it are not taken.
std::size_t read_version(std::string_view text, VersionParts& parts);

}  // namespace kasane::resolver::pypi
