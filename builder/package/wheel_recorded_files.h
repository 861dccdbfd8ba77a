#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/archive/zip_reader.h"
#include "base/stream.h"
#include "builder/package/package.h"
#include "builder/package/wheel_record.h"

namespace kasane::builder {

/// The rows of a wheel's RECORD by path. Made only when they and the wheel's files are the same: a
/// file without a row or a hash, another size, or a row without its file is an Error of kind
/// kIntegrity. RECORD and its signatures need no row.
class RecordedFiles {
 public:
  RecordedFiles(const std::vector<RecordRow>& rows, const std::vector<PackagePath>& paths,
                const std::string& dist_info);

  /// Empty where a file has none because it needs none.
  std::string hash(const std::string& path) const;

 private:
  void check_file(const PackagePath& path, const std::string& dist_info) const;

  std::map<std::string, RecordRow> rows_;
};

/// The bytes of `entry` from `source`. Its last ones come only after they were all found to have
/// `hash`, a hash as in RECORD; an empty one is not checked.
std::unique_ptr<ByteSource> make_verified_source(std::unique_ptr<ByteSource> source,
                                                 const ZipEntry& entry, const std::string& hash);

}  // namespace kasane::builder
