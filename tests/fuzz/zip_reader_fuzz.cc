#include <cstddef>
#include <cstdint>
#include <string>

#include "base/archive/entry_path.h"
#include "base/archive/zip_reader.h"
#include "base/error.h"
#include "tests/support/memory_file.h"

// Whatever the bytes, reading ends in an Error or gives entries of the sizes that they state.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const kasane::testing::MemoryFile file(std::string(reinterpret_cast<const char*>(data), size));
  try {
    const kasane::ZipReader zip = kasane::ZipReader::open(file);
    std::string buffer(4096, '\0');
    for (const kasane::ZipEntry& entry : zip.entries()) {
      try {
        kasane::normalise_entry_path(entry.name);
        const auto source = zip.open_entry(entry);
        std::uint64_t total = 0;
        while (const std::size_t count = source->read(buffer)) total += count;
        if (total != entry.size_bytes) __builtin_trap();
      } catch (const kasane::Error&) {
      }
    }
  } catch (const kasane::Error&) {
  }
  return 0;
}
