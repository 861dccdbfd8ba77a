#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "resolver/conda/string_pattern.h"
#include "resolver/conda/version_set.h"

namespace kasane::resolver {

/// What a version must satisfy (CEP 29, "Version matching"), as conda reads it: clauses with
/// operators, prefixes, globs and regular expressions, joined by `,` (first) and `|`, and
/// parentheses. Mostly that is a set of keys; globs inside a version and regular expressions look
/// at its text.
class VersionSpec {
 public:
  /// Errors are of kind kFailed; their place has the column in `text`.
  static VersionSpec parse(std::string_view text);
  static VersionSpec any();
  /// The version and those that conda holds for equal.
  static VersionSpec exactly(const CondaVersion& version);

  /// As it was given, without spaces.
  const std::string& text() const { return text_; }
  bool matches(const CondaVersion& version) const { return matches(version.key(), version.text()); }
  bool matches(std::string_view key, std::string_view text) const;

  bool is_any() const;
  /// True for one version literal, with `==` or without an operator.
  bool is_exact() const { return exact_; }
  /// The set of keys, when that is all there is to it; nullptr otherwise.
  const VersionSet* key_set() const { return kind_ == Kind::kKeys ? &keys_ : nullptr; }

  bool operator==(const VersionSpec& other) const { return text_ == other.text_; }

 private:
  friend class VersionSpecParser;
  enum class Kind { kKeys, kPattern, kAll, kAny };

  VersionSpec() = default;
  static VersionSpec join(Kind kind, std::vector<VersionSpec> parts);

  Kind kind_ = Kind::kKeys;
  bool exact_ = false;
  bool negated_ = false;
  std::string text_;
  VersionSet keys_;
  StringPattern pattern_;
  std::vector<VersionSpec> parts_;
};

}  // namespace kasane::resolver
