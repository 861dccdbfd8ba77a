#pragma once

#include <string_view>

#include "base/archive/tar_reader.h"
#include "base/digest.h"
#include "builder/package/conda_metadata.h"
#include "builder/package/entry.h"

namespace kasane::builder {

/// A file's content as packaged and as installed.
struct InstalledContent {
  Digest packaged;
  Digest installed;
};

/// Whether a file is rewritten for this prefix.
bool needs_prefix(const CondaPath& listed, std::string_view prefix);

/// Refuses, before anything is written, a prefix that does not fit into a binary file's
/// placeholder.
void check_prefix_fits(const CondaPath& listed, std::string_view prefix);

/// Streams the payload of the file that `reader` is at into `sink`, the prefix put in, under
/// `entry`, whose size this sets. Content that is not as listed is an Error of kind kIntegrity; the
/// sink may have got it by then. Without a sink the content is only verified.
InstalledContent install_conda_file(TarReader& reader, const CondaPath& listed,
                                    std::string_view prefix, Entry entry, EntrySink* sink);

}  // namespace kasane::builder
