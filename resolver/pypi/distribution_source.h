#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "resolver/pypi/distribution_file.h"
#include "resolver/pypi/metadata.h"

namespace kasane::resolver::pypi {

/// The wheels and source distributions of one project, from wherever they may be taken.
struct ProjectFiles {
  /// Whether anybody knows the project at all.
  bool known = false;
  /// By version, best first, then by name; each name once.
  std::vector<DistributionFile> files;
  /// Where these came from, fit to be shown: DistributionFile::origin is a place in this list.
  std::vector<std::string> origins;
  /// Links that are no files of the project, and files that came after `--exclude-newer`.
  std::size_t other_links = 0;
  std::size_t too_new = 0;
};

/// Where Python distributions come from. What it gives stays valid and the same for as long as it
/// lives, whatever was hinted. Any thread may call.
class DistributionSource {
 public:
  virtual ~DistributionSource() = default;

  /// `project` is normalised. May fetch, and throw what fetching throws.
  virtual const ProjectFiles& files(std::string_view project) = 0;
  /// What a file of `project` says of itself; an Error too when that is of another project or
  /// version than its name says.
  virtual const Metadata& metadata(std::string_view project, const DistributionFile& file) = 0;

  /// The digest of a file's bytes: what its index says, or of what is fetched where that says none.
  virtual Digest sha256(std::string_view project, const DistributionFile& file) = 0;

  /// These will be asked for: a chance to fetch them all at once.
  virtual void hint_files(std::span<const std::string_view> /*projects*/) {}
  /// `file` must stay where it is for as long as this source lives.
  virtual void hint_metadata(std::string_view /*project*/, const DistributionFile& /*file*/) {}
};

}  // namespace kasane::resolver::pypi
