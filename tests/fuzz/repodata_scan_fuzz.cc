#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "resolver/conda/repodata_reader.h"
#include "resolver/conda/repodata_scan.h"
#include "tests/support/memory_file.h"

namespace {

/// Numbers that no double holds are JSON, but nlohmann's parser refuses them.
bool may_have_huge_numbers(const std::string& text) {
  constexpr std::size_t kMostDigits = 300;
  std::size_t digits = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    digits = text[i] >= '0' && text[i] <= '9' ? digits + 1 : 0;
    if (digits > kMostDigits) return true;
    if (digits != 3) continue;
    const std::size_t before = text.find_last_not_of("0123456789+-", i);
    if (before != std::string::npos && (text[before] == 'e' || text[before] == 'E')) return true;
  }
  return false;
}

}  // namespace

/// A repodata is accepted when it is JSON, wherever it is cut, and what is found can be read.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace kasane;
  using namespace kasane::resolver;
  const std::string text(reinterpret_cast<const char*>(bytes), size);
  const testing::MemoryFile file(text);
  const auto scan = [&](std::size_t piece_size) -> std::optional<RepodataScan> {
    try {
      return scan_repodata(file, {.threads = 1, .piece_size = piece_size});
    } catch (const Error& error) {
      static_cast<void>(error.render());
      return std::nullopt;
    }
  };
  const auto whole = scan(std::size_t{1} << 20);
  const auto pieces = scan(16 + size / 5);
  if (whole.has_value() != pieces.has_value()) std::abort();
  if (!whole) return 0;
  if (whole->positions.size() != pieces->positions.size()) std::abort();
  if (!nlohmann::json::accept(text) && !may_have_huge_numbers(text)) std::abort();
  RepodataReader reader;
  for (const RepodataScan::Name& name : whole->names) {
    TableBuilder table;
    for (std::uint32_t i = 0; i < name.position_count; ++i) {
      const auto& at = whole->positions[name.first_position + i];
      reader.read("{" + text.substr(at.offset, at.size()) + "}", at.conda_format(), table);
    }
    if (table.size() == 0 || table.finish().empty()) std::abort();
  }
  return 0;
}
