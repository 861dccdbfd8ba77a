#pragma once

#include <cstdint>
#include <string>

#include "base/stream.h"

namespace kasane::resolver {

struct IndexOptions {
  /// Threads that read records, beside the one that calls.
  unsigned threads = 2;
  /// Kept in the index, to tell later what it was made from: an ETag, a digest.
  std::string source;
};

/// What became of a repodata.json.
struct IndexReport {
  std::uint64_t records = 0;
  std::uint64_t names = 0;
  std::uint64_t bytes_read = 0;
  /// Records that were left out, and one of them with the reason.
  std::uint64_t skipped = 0;
  std::string first_problem;
};

/// Turns a repodata.json (uncompressed) into an index for ChannelIndex. The bytes are a function of
/// the records alone, not of threads and the order of records. Memory is bounded by what is
/// distinct in the records, not by the JSON. Errors are of kind kFailed.
IndexReport write_index(ByteSource& repodata, ByteSink& out, const IndexOptions& options);

}  // namespace kasane::resolver
