#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/error.h"
#include "resolver/conda/channel_index.h"
#include "resolver/conda/index_writer.h"
#include "tests/support/memory_file.h"

namespace {

using namespace kasane;
using namespace kasane::resolver;

void look_at(const NameTable& table) {
  for (std::size_t i = 0; i < table.size() && i < 100; ++i) {
    const IndexRecord record = table.record(i);
    std::size_t sum = record.file_name.size();
    for (std::size_t k = 0; k < record.depends.size(); ++k) sum += record.depends[k].size();
    for (std::size_t k = 0; k < record.constrains.size(); ++k) sum += record.constrains[k].size();
    static_cast<void>(table.fields(i));
    if (sum > (std::size_t{1} << 40)) std::abort();
  }
}

/// An index whose checksums are right over parts that the fuzzer chose.
void open_index(std::string_view bytes) {
  const int file = memfd_create("index", 0);
  if (file < 0 || ::write(file, bytes.data(), bytes.size()) < 0) std::abort();
  const Path path = "/proc/self/fd/" + std::to_string(file);
  if (const auto index = ChannelIndex::open(path)) {
    for (std::size_t i = 0; i < index->name_count() && i < 100; ++i) {
      try {
        if (const auto table = index->find(index->name(i))) look_at(*table);
      } catch (const Error&) {
      }
    }
  }
  ::close(file);
}

}  // namespace

/// Any bytes are an index, or none; and any bytes are a table of records, or none.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(bytes) + 1, size - 1);
  if (bytes[0] % 2 == 0) {
    if (const auto table = NameTable::find_in("name", text)) look_at(*table);
    return 0;
  }
  constexpr std::size_t kEdit = 8;
  const std::string json =
      R"({"packages":{"a-1-0.tar.bz2":{"name":"a","version":"1","build":"0"}}})";
  StringSink sink;
  write_index(testing::MemoryFile(json), sink, {.threads = 1, .source = "x"});
  std::string index = json + sink.take();
  // Edits of four bytes each: where, and what to put there.
  for (std::size_t at = 0; at + kEdit <= text.size() && at < 10 * kEdit; at += kEdit) {
    std::uint32_t place = 0;
    text.copy(reinterpret_cast<char*>(&place), sizeof place, at);
    index.replace(place % (index.size() - 4), 4, text.substr(at + 4, 4));
  }
  // The footer's own checksum is put right, so that what it says is believed.
  index_format::Footer footer;
  index.copy(reinterpret_cast<char*>(&footer), sizeof footer, index.size() - sizeof footer);
  footer.magic = index_format::kMagic;
  footer.version = index_format::kVersion;
  footer.checksum = index_format::checksum(&footer, offsetof(index_format::Footer, checksum));
  index.replace(index.size() - sizeof footer, sizeof footer,
                std::string(reinterpret_cast<const char*>(&footer), sizeof footer));
  open_index(index);
  return 0;
}
