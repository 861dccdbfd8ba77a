#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/archive/tar_reader.h"
#include "base/archive/zip_reader.h"
#include "base/file_system.h"
#include "base/stream.h"

namespace kasane::builder {

/// The members of a conda package file in either format (CEP 35). Opened archives have been checked
/// for their outer form. Reading one through checks it to its last byte; more than 200 times its
/// own size (and 64 MiB) of content is an Error of kind kRefused. Borrows the file. Thread-safe.
class CondaArchive {
 public:
  enum class Format { kConda, kTarBz2 };
  enum class Part { kInfo, kPayload };
  /// Gets a member with its normalised path and the reader that has its payload; returns whether to
  /// go on.
  using Visitor = std::function<bool(const TarEntry&, const std::string& path, TarReader&)>;

  CondaArchive(const ReadableFile& file, Format format);
  CondaArchive(const CondaArchive&) = delete;
  CondaArchive& operator=(const CondaArchive&) = delete;

  /// Visits the members of a part in order. A `.tar.bz2` has but one part: all members come, below
  /// `info/` and elsewhere. Devices and fifos, and names that no package may have, are refused; the
  /// root directory itself does not come.
  void visit(Part part, const Visitor& visitor) const;
  Format format() const { return format_; }

 private:
  std::unique_ptr<ByteSource> open(Part part) const;

  const ReadableFile& file_;
  Format format_;
  std::optional<ZipReader> zip_;
  const ZipEntry* info_ = nullptr;
  const ZipEntry* payload_ = nullptr;
};

}  // namespace kasane::builder
