#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace re2 {
class RE2;
}

namespace kasane::resolver {

/// What a field's text must look like (CEP 29, "String matching"): the text itself, a glob with
/// `*`, or a regular expression between `^` and `$`. Case does not matter. Matching takes time that
/// is linear in the field; look-around and back references are refused.
class StringPattern {
 public:
  /// Errors are of kind kFailed.
  static StringPattern parse(std::string_view text);

  const std::string& text() const { return text_; }
  bool matches(std::string_view field) const;
  bool is_exact() const { return kind_ == Kind::kExact; }
  /// True for `*`, also written `**`.
  bool is_any() const;

  bool operator==(const StringPattern& other) const { return text_ == other.text_; }

 private:
  enum class Kind { kExact, kGlob, kRegex };

  Kind kind_ = Kind::kExact;
  std::string text_;
  std::string lowered_;
  std::shared_ptr<const re2::RE2> regex_;
};

/// True when `text`, in which `*` stands for any characters, covers all of `field`. Case matters.
bool glob_matches(std::string_view glob, std::string_view field);

}  // namespace kasane::resolver
