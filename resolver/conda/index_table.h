#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "resolver/conda/repodata_reader.h"

namespace kasane::resolver {

/// A record and the reader that holds its texts.
struct RecordReference {
  const RepodataReader* reader;
  const RawRecord* record;
};

/// The table of one name's records (docs/formats/index.md), sorted by version, build number, build
/// string and file; of records with one file name the last is taken. `records` is reordered.
struct EncodedTable {
  std::string bytes;
  std::uint32_t record_count = 0;
};
EncodedTable encode_table(std::vector<RecordReference>& records, StringListReader& lists);

}  // namespace kasane::resolver
