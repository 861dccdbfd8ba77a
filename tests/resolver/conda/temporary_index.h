#pragma once

#include <fstream>
#include <string>

#include "resolver/conda/channel_index.h"
#include "resolver/conda/index_writer.h"
#include "tests/support/memory_file.h"
#include "tests/support/temporary_directory.h"

namespace kasane::resolver {

struct MadeIndex {
  /// The repodata with its index behind it.
  std::string bytes;
  IndexReport report;
};

inline MadeIndex make_index(const std::string& json, unsigned threads = 2,
                            const std::string& source = "etag") {
  const testing::MemoryFile file(json);
  StringSink sink;
  MadeIndex out;
  out.report = write_index(file, sink, {.threads = threads, .source = source});
  out.bytes = json + sink.take();
  return out;
}

inline std::optional<ChannelIndex> open_bytes(const testing::TemporaryDirectory& directory,
                                              const std::string& bytes) {
  const Path path = directory / "index";
  std::filesystem::remove(path);
  std::filesystem::remove(directory / "index.tables");
  std::ofstream(path, std::ios::binary) << bytes;
  return ChannelIndex::open(path, directory / "index.tables");
}

}  // namespace kasane::resolver
