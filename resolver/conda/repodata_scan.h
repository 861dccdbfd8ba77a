#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"
#include "resolver/conda/repodata_piece.h"

namespace kasane::resolver {

/// All records of a repodata.json: which name's stand where.
struct RepodataScan {
  struct Name {
    /// A view into `texts`.
    std::string_view text;
    std::uint32_t first_position = 0;
    std::uint32_t position_count = 0;
  };
  /// Sorted by text, bytewise.
  std::vector<Name> names;
  /// Those of a name stand together, in the order of the file.
  std::vector<index_format::RecordPosition> positions;
  std::string base_url;
  std::string subdir;
  LeftOut left_out;
  /// What holds the names.
  std::vector<PieceScanner> texts;
};

struct ScanOptions {
  unsigned threads = 2;
  /// What a thread reads at a time.
  std::size_t piece_size = std::size_t{512} << 10;
  /// No single member, and nothing between two packages, may be larger.
  std::size_t largest_piece = std::size_t{64} << 20;
};

/// Reads a file, which is a repodata.json, once, in pieces, on several
/// threads; memory holds a few pieces at a time, and a position for each record. Every byte is
/// checked. Text that is not valid JSON is an Error of kind kIntegrity.
///
/// Pieces begin where a package seems to begin. What seems so is only believed when the piece
/// before it turns out to end there, in the right depth and outside of strings; if not, the pieces
/// are read again as one.
RepodataScan scan_repodata(const ReadableFile& file, const ScanOptions& options);

}  // namespace kasane::resolver
