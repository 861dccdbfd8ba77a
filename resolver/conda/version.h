#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace kasane::resolver {

/// A set of neighbouring versions, as half-open bounds on the bytes of their keys.
struct KeyInterval {
  std::string low;
  std::string high;
  bool operator==(const KeyInterval&) const = default;
};

/// A version as conda has them (CEP 33). Its order is that of `key()`, compared byte by byte as
/// unsigned: parse once, then compare like memcmp. Versions that conda holds for equal (`1.1`,
/// `1.1.0`) have equal keys.
///
/// Wider than CEP 33 where real channels are: runs of digits may be longer than 31 bits hold, and
/// `*` may stand in a version, as conda lets it.
class CondaVersion {
 public:
  /// Anything else is an Error of kind kFailed, whose place has the column in `text`.
  static CondaVersion parse(std::string_view text);
  static std::optional<CondaVersion> find(std::string_view text);

  /// As it was given, without spaces around it.
  const std::string& text() const { return text_; }
  const std::string& key() const { return key_; }

  /// All versions that begin with this one, as `=1.2` and `1.2.*` mean it: its last part stands for
  /// itself when it is a number, and for all words that begin with it when it is a word.
  const KeyInterval& prefix() const { return prefix_; }
  bool starts_with(const CondaVersion& other) const {
    return other.prefix_.low <= key_ && key_ < other.prefix_.high;
  }

  std::strong_ordering operator<=>(const CondaVersion& other) const { return key_ <=> other.key_; }
  bool operator==(const CondaVersion& other) const { return key_ == other.key_; }

 private:
  CondaVersion() = default;
  std::string text_;
  std::string key_;
  KeyInterval prefix_;
};

/// The key alone, appended to `out`; false when the text is no version. For those who have many.
bool append_version_key(std::string_view text, std::string& out);

}  // namespace kasane::resolver
