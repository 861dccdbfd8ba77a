#pragma once

#include <fstream>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include "resolver/conda/channel_index.h"
#include "resolver/conda/index_writer.h"

namespace kasane::resolver {

/// A directory that is gone with the test.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "kasane-index-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw system_error("mkdtemp");
    path_ = name;
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  Path file(const std::string& name) const { return path_ / name; }

 private:
  Path path_;
};

struct MadeIndex {
  std::string bytes;
  IndexReport report;
};

inline MadeIndex make_index(const std::string& json, unsigned threads = 2,
                            const std::string& source = "etag") {
  StringSource source_bytes(json);
  StringSink sink;
  MadeIndex out;
  out.report = write_index(source_bytes, sink, {.threads = threads, .source = source});
  out.bytes = sink.take();
  return out;
}

inline std::optional<ChannelIndex> open_bytes(const TemporaryDirectory& directory,
                                              const std::string& bytes) {
  const Path path = directory.file("index");
  std::ofstream(path, std::ios::binary) << bytes;
  return ChannelIndex::open(path);
}

}  // namespace kasane::resolver
