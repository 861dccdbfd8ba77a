#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/tar_builder.h"

namespace kasane::test {

/// Something that a conda package holds.
struct CondaMember {
  std::string path;
  std::string content = {};
  /// As in tar: `0` file, `1` hard link, `2` symbolic link, `5` directory, others as they are.
  char type = '0';
  std::string link_target = {};
  std::uint32_t mode = 0644;
  std::int64_t mtime = 1'600'000'000;
  /// In paths.json or has_prefix, when not empty.
  std::string placeholder = {};
  bool binary = false;
  /// Whether paths.json or files lists it.
  bool listed = true;
  /// What paths.json says instead of the truth; an empty text leaves it out.
  std::optional<std::string> listed_sha256 = {};
  std::optional<std::uint64_t> listed_size = {};
  std::string listed_type = {};
};

/// Makes small conda packages in memory, right ones and wrong ones. The setters may be chained.
class CondaPackageBuilder {
 public:
  enum class Lists { kPathsJson, kLegacy, kNone };

  CondaPackageBuilder(std::string name, std::string version, std::string build)
      : name_(std::move(name)), version_(std::move(version)), build_(std::move(build)) {}

  CondaPackageBuilder& add(CondaMember member);
  /// A plain file.
  CondaPackageBuilder& add(std::string path, std::string content);
  /// More of index.json: `"noarch": "python"`, as JSON.
  CondaPackageBuilder& index_field(std::string_view json);
  CondaPackageBuilder& noarch_python(const std::vector<std::string>& entry_points = {});
  CondaPackageBuilder& lists(Lists lists);
  /// A file below `info/`, in place of one that would be there.
  CondaPackageBuilder& info_file(std::string path, std::string content);
  /// A path in paths.json or files that the archive does not hold.
  CondaPackageBuilder& list_only(std::string path);

  std::string file_stem() const { return name_ + "-" + version_ + "-" + build_; }
  /// Both in the same words: what is in the two archives.
  std::string make_conda() const;
  std::string make_tar_bz2() const;

  /// A .conda of ready tars; an empty metadata leaves metadata.json out.
  static std::string wrap_conda(std::string_view stem, const std::string& info_tar,
                                const std::string& payload_tar,
                                std::string_view metadata = "{\"conda_pkg_format_version\": 2}");
  static std::string bzip2(std::string bytes);
  static std::string zstd(std::string_view bytes);
  std::string info_tar() const;
  std::string payload_tar() const;

 private:
  std::vector<std::pair<std::string, std::string>> info_files() const;
  std::string index_json() const;
  const std::string& content_of(const CondaMember& member) const;
  std::string paths_json() const;
  void add_info(TarBuilder& tar) const;
  void add_payload(TarBuilder& tar) const;

  std::string name_;
  std::string version_;
  std::string build_;
  std::vector<CondaMember> members_;
  std::vector<std::string> index_fields_;
  std::string link_json_;
  std::vector<std::pair<std::string, std::string>> info_overrides_;
  std::vector<std::string> listed_only_;
  Lists lists_ = Lists::kPathsJson;
};

}  // namespace kasane::test
