#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/archive/zip_reader.h"
#include "base/stream.h"
#include "builder/package/wheel_layout.h"
#include "builder/package/wheel_record.h"

namespace kasane::builder {

/// Puts the files of one wheel into a sink and keeps the rows of its new RECORD, which lists what
/// is left out too. Borrows all it is given. Not thread-safe.
class WheelInstallation {
 public:
  WheelInstallation(const WheelLayout& layout, const InstallTarget& target,
                    const std::set<std::string>& excluded, EntrySink& sink);

  /// `hash` is that of the archive's RECORD; `source` is read to its end even if the file is left
  /// out.
  void add_file(const WheelLayout::File& file, const ZipEntry& zip_entry, const std::string& hash,
                ByteSource& source);
  void add_generated(const std::string& path, std::string_view content, std::uint32_t mode = 0644);
  void add_launcher(const WheelLayout::Launcher& launcher);
  /// Last of all: RECORD itself.
  void add_record();

 private:
  void put(const std::string& path, std::string_view content, std::uint32_t mode);

  const WheelLayout& layout_;
  std::string python_;
  const std::set<std::string>& excluded_;
  EntrySink& sink_;
  std::string buffer_;
  std::vector<RecordRow> rows_;
};

}  // namespace kasane::builder
