#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/archive/tar_reader.h"
#include "base/error.h"

/// Any bytes are a tar archive or an Error; what is an archive gives as much payload as it says.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace kasane;
  StringSource source(std::string_view(reinterpret_cast<const char*>(bytes), size));
  TarReader reader(source);
  try {
    while (const auto entry = reader.next()) {
      std::uint64_t payload = 0;
      // Every other entry is skipped, as callers do.
      if (entry->path.size() % 2 == 0) continue;
      while (const std::size_t count = reader.read_piece().size()) payload += count;
      if (payload != entry->size_bytes || payload > size) std::abort();
    }
  } catch (const Error& error) {
    static_cast<void>(error.render());
  }
  return 0;
}
