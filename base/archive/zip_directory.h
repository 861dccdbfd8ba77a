#pragma once

#include <vector>

#include "base/archive/zip_reader.h"

namespace kasane {

/// Reads the central directory and every local header of a zip archive, and holds the archive to
/// what ZipReader promises: members, then the directory, then its end, without a byte between them.
std::vector<ZipEntry> read_zip_directory(const ReadableFile& file);

}  // namespace kasane
