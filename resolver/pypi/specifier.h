#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "resolver/pypi/python_version.h"

namespace kasane::resolver::pypi {

/// One clause of a version specifier (PEP 440): `>=1.2`, `==1.*`, `===abc`. But for `===` it stands
/// for at most two intervals of version keys.
class Specifier {
 public:
  enum class Operator {
    kCompatible,
    kEqual,
    kNotEqual,
    kLessEqual,
    kGreaterEqual,
    kLess,
    kGreater,
    kArbitrary
  };

  /// Anything but one clause is an Error of kind kFailed, whose place has the column in `text`.
  static Specifier parse(std::string_view text);
  static std::optional<Specifier> find(std::string_view text);
  /// How many bytes at the front of `text` are a clause; 0 when none begins there.
  static std::size_t length_at(std::string_view text);

  Operator op() const { return operator_; }
  /// `>=`, as it is written.
  std::string_view operator_text() const;
  /// The version as it was written, with its `.*`.
  const std::string& version_text() const { return version_; }
  bool is_wildcard() const { return wildcard_; }
  /// Without the space between operator and version.
  std::string render() const;

  bool contains(const PythonVersion& version) const;
  /// The same for a text that may be no version: only `===` can contain one that is none.
  bool contains_text(std::string_view version) const;
  /// Whether the clause names a pre-release, and so asks for them: `>=1.0a1`, not `!=1.0a1`.
  bool asks_for_prereleases() const { return asks_for_prereleases_; }

  /// The same operator on equal versions: `==1.0` is `==1`.
  bool operator==(const Specifier& other) const { return canonical_ == other.canonical_; }

 private:
  /// Half-open on the bytes of keys; an empty `high` is no bound.
  struct Interval {
    std::string low;
    std::string high;
  };
  struct Problem {
    std::string what;
    std::size_t offset = 0;
    std::size_t length = 1;
  };

  Specifier() = default;
  static std::optional<Problem> read(std::string_view text, Specifier& out);
  static std::optional<Problem> read_tail(std::string_view text, std::size_t offset, Specifier& out,
                                          VersionParts& parts);
  std::optional<Problem> set_version(const VersionParts& parts, std::size_t offset);
  void set_intervals(const VersionParts& parts, const VersionKey& key);
  void set_canonical(const VersionParts& parts);

  Operator operator_ = Operator::kEqual;
  bool wildcard_ = false;
  bool asks_for_prereleases_ = false;
  std::string version_;
  std::string canonical_;
  std::vector<Interval> intervals_;
};

}  // namespace kasane::resolver::pypi
