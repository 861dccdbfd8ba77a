#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/stream.h"
#include "builder/package/conda_metadata.h"
#include "builder/package/package.h"

namespace kasane::builder {

/// One installed path, as conda's record of it has it.
struct RecordedPath {
  /// Borrowed.
  std::string_view path;
  /// `hardlink`, `softlink`, `directory`, `unix_python_entry_point`.
  std::string_view type;
  /// What the package says of it; nullptr where the installation made it. Borrowed.
  const CondaPath* listed = nullptr;
  /// As packaged.
  std::optional<std::uint64_t> size_bytes = {};
  std::optional<Digest> packaged = {};
  std::optional<Digest> installed = {};
};

/// The text of `conda-meta/<name>-<version>-<build>.json`: all of index.json, where the package
/// came from, and `paths`, which are sorted here. Holds no path of this machine and no time. It is
/// made as it is written, since packages of a hundred thousand files have records of many
/// megabytes. Borrows the metadata.
class CondaRecord {
 public:
  CondaRecord(const CondaMetadata& metadata, const PackageOrigin& origin,
              std::string_view file_name, std::vector<RecordedPath> paths);

  std::uint64_t size_bytes() const;
  void write(ByteSink& sink) const;

 private:
  /// Keys of the record and their values as JSON; the two that list paths are empty here.
  std::map<std::string, std::string> fields_;
  std::vector<RecordedPath> paths_;
};

}  // namespace kasane::builder
