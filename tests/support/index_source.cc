#include "tests/support/index_source.h"

#include <fstream>

#include "base/error.h"
#include "base/stream.h"
#include "resolver/conda/index_writer.h"
#include "tests/support/memory_file.h"

namespace kasane::test {

std::unique_ptr<IndexSource> make_index_source(const Path& path, const std::string& repodata,
                                               std::string package_url, std::string subdir) {
  StringSink index;
  resolver::write_index(testing::MemoryFile(repodata), index, {});
  // The index stands behind what it is the index of.
  std::ofstream(path, std::ios::binary) << repodata << index.take();
  auto found = find_index_source(path, std::move(package_url), std::move(subdir));
  if (!found) throw Error(ErrorKind::kFailed, "the index cannot be read back");
  return found;
}

std::unique_ptr<IndexSource> find_index_source(const Path& path, std::string package_url,
                                               std::string subdir) {
  const Path tables = path.native() + ".tables";
  auto index = resolver::ChannelIndex::open(path, tables);
  if (!index) return nullptr;
  return std::make_unique<IndexSource>(std::move(*index), std::move(package_url),
                                       std::move(subdir));
}

}  // namespace kasane::test
