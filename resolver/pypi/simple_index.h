#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/url.h"
#include "resolver/pypi/upload_time.h"

namespace kasane::resolver::pypi {

/// A file as an index lists it. What it is, its name tells: see DistributionFile.
struct IndexFile {
  std::string name;
  /// Absolute, without user, password and fragment; its query may be secret.
  std::string url;
  /// The user and password that stood in the URL.
  std::optional<UserInfo> user_info;
  /// Digests in lower-case hex by algorithm (`sha256`, `md5`).
  std::map<std::string, std::string, std::less<>> hashes;
  /// As it stands there; it may be no specifier.
  std::optional<std::string> requires_python;
  /// Set when the file is yanked (PEP 592): the reason, which may be empty.
  std::optional<std::string> yanked;
  /// Whether the index has the file's METADATA beside it (PEPs 658 and 714), and its digest.
  bool has_metadata = false;
  std::optional<Digest> metadata_sha256;
  std::optional<std::uint64_t> size_bytes;
  std::optional<UploadTime> uploaded;

  /// Nothing too when the digest is none.
  std::optional<Digest> sha256() const;
};

/// What an index says of one project, or a page of links of any projects.
struct IndexPage {
  std::vector<IndexFile> files;
  /// `active`, `archived`, `quarantined` or `deprecated` (PEP 792); empty where nothing is said.
  std::string status;
};

/// Reads the page of a project as JSON (PEPs 691, 700, 714, 792). `url` is where it came from. What
/// is no such page, or one of another major version, is an Error of kind kNetwork.
IndexPage parse_json_page(std::string_view text, const Url& url);

/// Reads a page as HTML (PEPs 503, 592, 629, 658, 714): one of a project, or of `--find-links`.
IndexPage parse_html_page(std::string_view text, const Url& url);

/// The last part of a URL's path, decoded; empty when that is no name of a file.
std::string file_name_of_url(std::string_view url);

}  // namespace kasane::resolver::pypi
