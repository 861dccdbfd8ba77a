#pragma once

#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "base/archive/zip_reader.h"

namespace kasane {

/// Reads the central directory and every local header of a zip archive, and holds the archive to
/// what ZipReader promises: members, then the directory, then its end, without a byte between them.
std::vector<ZipEntry> read_zip_directory(const ReadableFile& file);

/// The one member whose name is `wanted`, for a file of which little is at hand: reads the central
/// directory and that member's local header, and so leaves unchecked what lies between the others.
/// Nothing without such a member; two of them are refused.
std::optional<ZipEntry> find_zip_entry(const ReadableFile& file,
                                       const std::function<bool(std::string_view)>& wanted);

}  // namespace kasane
