#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/archive/tar_reader.h"
#include "base/digest.h"
#include "registry/image_source.h"

namespace kasane::builder {

/// One name of an image's flattened file system, with all that P2 promises of it.
struct ListingEntry {
  std::string path;
  /// Never kHardlink: every name of a file is told in full.
  TarEntry::Type type = TarEntry::Type::kFile;
  std::uint32_t mode = 0;
  std::uint64_t user_id = 0;
  std::uint64_t group_id = 0;
  std::uint64_t size_bytes = 0;
  std::int64_t mtime = 0;
  /// Of a symbolic link.
  std::string target;
  /// The least path of the same file where there are several; empty otherwise.
  std::string linked_to;
  /// Of a file's bytes; absent for all else.
  std::optional<Digest> content;

  /// One line, for messages of tests.
  std::string render() const;
  bool operator==(const ListingEntry&) const = default;
};

/// The image as it would be unpacked, sorted by path; without the root itself. Writes nothing.
/// Memory grows with the number of names alone.
std::vector<ListingEntry> flatten_listing(const registry::ImageSource& image);

}  // namespace kasane::builder
