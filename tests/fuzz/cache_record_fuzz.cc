#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/codec.h"
#include "base/error.h"
#include "builder/shared/cache_record.h"

/// Either an Error, or a record that can be written and read again as the same. The bytes are tried
/// as they are, and compressed, so that JSON is reached too.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace kasane;
  const std::string plain(reinterpret_cast<const char*>(bytes), size);
  std::string packed;
  make_chunk_compressor(CompressionMethod::zstd(1))->compress(plain, packed);
  for (const std::string& text : {plain, packed}) {
    try {
      const auto read = builder::CacheRecord::parse(text);
      if (builder::CacheRecord::parse(read.render()) != read) std::abort();
    } catch (const Error&) {
      continue;
    }
  }
  return 0;
}
