#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/warning.h"
#include "builder/package/conda_archive.h"
#include "builder/package/conda_file.h"
#include "builder/package/conda_layout.h"
#include "builder/package/conda_metadata.h"
#include "builder/package/conda_record.h"
#include "builder/package/package.h"

namespace kasane::builder {

/// What goes where. Borrows all it refers to.
struct CondaInstallationPlan {
  const CondaMetadata& metadata;
  const PackageOrigin& origin;
  const InstallTarget& target;
  const std::set<std::string>& excluded;
  std::string_view file_name;
};

/// One installation of one conda package: reads the payload once, in the order of the archive, and
/// sends what is listed to a sink. (A hard link to something that is itself not installed as it is
/// makes it read the payload a second time.) For a single use; not thread-safe.
class CondaInstallation {
 public:
  CondaInstallation(const CondaInstallationPlan& plan, EntrySink& sink);
  Warnings run(const CondaArchive& archive);

 private:
  /// A listed path, and what has become of it.
  struct Placed {
    const CondaPath* listed = nullptr;
    std::string path;
    /// Not for us to bring: verified, and left out.
    bool left_out = false;
    bool seen = false;
    /// The archive holds it as a file with a payload of its own.
    bool is_file = false;
    /// Of files that were installed or verified.
    std::optional<InstalledContent> content;
    std::uint64_t size_bytes = 0;
    std::uint32_t mode = 0;
  };

  void place_paths();
  void place_scripts();
  void check_placement() const;
  void take_entry(const TarEntry& entry, const std::string& path, TarReader& reader);
  void take_file(const TarEntry& entry, TarReader& reader, Placed& placed);
  void take_symlink(const TarEntry& entry, const std::string& path, Placed& placed);
  void take_hardlink(const TarEntry& entry, const std::string& path, Placed* placed);
  static bool can_link(const Placed& source, const Placed& placed);
  void link_to(std::int64_t archive_time, const Placed& source, Placed& placed);
  void take_postponed(const CondaArchive& archive);
  void finish_directories();
  void write_scripts();
  void write_record();
  void write_file(const Entry& entry, std::string_view bytes);
  Placed* find_placed(const std::string& path) const;
  /// The path of the file that has the content of the file or hard link at `path`, so far; nullptr
  /// when there is none.
  const std::string* find_payload(const std::string& path) const;
  void record(const Placed& placed, std::string_view type);

  CondaInstallationPlan plan_;
  CondaLayout layout_;
  EntrySink& sink_;
  std::vector<Placed> placed_;
  std::unordered_map<std::string_view, Placed*> by_packaged_path_;
  /// Installed path and text of each entry point's script.
  std::map<std::string, std::string> scripts_;
  /// Files of the archive that the package does not list.
  std::set<std::string> unlisted_files_;
  /// Hard links of the archive, each with the file that has its payload.
  std::map<std::string, std::string> links_;
  /// Symbolic links of the archive, and those installed, with their targets.
  std::map<std::string, std::string> symlinks_;
  std::map<std::string, std::string> installed_links_;
  /// Hard links that need the payload of the file at the key.
  std::multimap<std::string, Placed*> postponed_;
  std::vector<RecordedPath> recorded_;
  Warnings warnings_;
};

}  // namespace kasane::builder
