#pragma once

#include <string>
#include <string_view>

#include "base/file_system.h"

namespace kasane::resolver::pypi {

/// The text of PKG-INFO in the top directory of a source distribution, told by its name to be a tar
/// archive (gzip or bzip2) or a zip. Without one, an Error of kind kIntegrity; of another kind of
/// archive, of kind kRefused.
std::string read_source_metadata(const ReadableFile& file, std::string_view file_name);

}  // namespace kasane::resolver::pypi
