#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "resolver/conda/string_pattern.h"
#include "resolver/conda/version_spec.h"

namespace kasane::resolver {

/// The fields of a package record that a MatchSpec can look at; all borrowed. An absent field is
/// empty and satisfies no expression but `*`.
struct RecordFields {
  std::string_view name;
  std::string_view version;
  std::string_view version_key;
  std::string_view build;
  std::uint64_t build_number = 0;
  std::string_view subdir;
  std::string_view url;
  std::string_view file_name;
  std::string_view md5;
  std::string_view sha256;
  std::string_view license;
  std::string_view license_family;
  std::string_view track_features;
  std::string_view features;
};

/// conda's query for packages (CEP 29), in its canonical form and the older ones that real files
/// hold:
///
///   numpy   numpy 1.8*   numpy >=1.8,<2 py27_0   numpy=1.11.1=nomkl_0   conda-forge::numpy
///   channel/subdir::name[version='>=1,<2',build=py*]   https://…/linux-64/name-1.0-0.conda
///
/// With spaces around operators or without. A comment after ` #` is dropped.
class MatchSpec {
 public:
  /// Errors are of kind kFailed; their place has no file, line 1, and the column in `text`.
  static MatchSpec parse(std::string_view text);

  /// In lower case. `*` for any, otherwise perhaps a glob or an expression: see has_exact_name().
  const std::string& name() const { return name_.text(); }
  bool has_exact_name() const { return name_.is_exact(); }
  /// As it was written, without its subdir and its credentials: a name, or a URL.
  const std::optional<std::string>& channel() const { return channel_; }
  const std::optional<std::string>& subdir() const { return subdir_; }
  const std::optional<VersionSpec>& version() const { return version_; }
  const std::optional<StringPattern>& build() const { return build_; }
  const std::optional<VersionSpec>& build_number() const { return build_number_; }
  /// All else, by key: `md5`, `sha256`, `url`, `fn`, `license`, `license_family`, `features`,
  /// `track_features`.
  const std::map<std::string, StringPattern, std::less<>>& fields() const { return fields_; }

  /// Looks at everything but the channel, which is for the one to compare who knows the channels.
  bool matches(const RecordFields& record) const;
  /// The same without the name and the subdir, for records that are known to have the right ones.
  bool matches_nameless(const RecordFields& record) const;

  /// The canonical form (CEP 29, appendix A); parse(render(x)) == x.
  std::string render() const;
  bool operator==(const MatchSpec& other) const { return render() == other.render(); }

 private:
  friend class MatchSpecParser;
  MatchSpec() : name_(StringPattern::parse("*")) {}

  StringPattern name_;
  std::optional<std::string> channel_;
  std::optional<std::string> subdir_;
  std::optional<VersionSpec> version_;
  std::optional<StringPattern> build_;
  std::optional<VersionSpec> build_number_;
  std::map<std::string, StringPattern, std::less<>> fields_;
};

}  // namespace kasane::resolver
