#pragma once

#include <cstdint>
#include <string>

#include "base/file_system.h"
#include "base/stream.h"

namespace kasane::resolver {

struct IndexOptions {
  /// Threads that read the repodata, the one that calls among them.
  unsigned threads = 2;
  /// Kept in the index, to tell later what it was made from.
  std::string source;
};

/// What became of a repodata.json.
struct IndexReport {
  std::uint64_t records = 0;
  std::uint64_t names = 0;
  /// Records that were left out, and one of them with the reason.
  std::uint64_t skipped = 0;
  std::string first_problem;
};

/// Makes the index of a repodata.json, which is all that the file holds: what must stand directly
/// behind it, in the same file, for ChannelIndex. The bytes are a function of the repodata, not of
/// threads. Memory is bounded by pieces of the JSON and a few bytes for each record. What is no
/// repodata is an Error of kind kIntegrity.
IndexReport write_index(const ReadableFile& repodata, ByteSink& out, const IndexOptions& options);

}  // namespace kasane::resolver
