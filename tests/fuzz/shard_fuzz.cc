#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/error.h"
#include "resolver/conda/channel_index.h"
#include "resolver/conda/shard_reader.h"

/// Any MessagePack is a shard and an index of shards, or an Error.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace kasane;
  using namespace kasane::resolver;
  const std::string text(reinterpret_cast<const char*>(bytes), size);
  try {
    const ShardIndex index = ShardIndex::parse(text);
    for (std::size_t i = 0; i < index.name_count(); ++i) {
      if (index.find(index.name(i)) != i) std::abort();
    }
  } catch (const Error& error) {
    static_cast<void>(error.render());
  }
  try {
    TableBuilder builder;
    read_shard(text, "a", builder);
    const std::string table = builder.finish();
    if (NameTable::find_in("a", table)->size() != builder.size()) std::abort();
  } catch (const Error& error) {
    static_cast<void>(error.render());
  }
  return 0;
}
