#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/stream.h"

namespace kasane::registry {

/// A file for an archive: its exact size, and where its bytes come from when their turn is there.
struct ArchiveMember {
  std::uint64_t size_bytes = 0;
  std::function<std::unique_ptr<ByteSource>()> open;
  /// Called once the bytes are written; may be empty.
  std::function<void()> written;
};

/// Writes a tar archive that is a function of its members alone: sorted by name, with their parent
/// directories, owner 0:0, time 0. Names are at most 100 bytes long.
void write_archive(const std::map<std::string, ArchiveMember>& members, ByteSink& sink);

/// A member whose bytes are at hand.
ArchiveMember text_member(std::string text);

}  // namespace kasane::registry
