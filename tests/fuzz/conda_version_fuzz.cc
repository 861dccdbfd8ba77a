#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "resolver/conda/version.h"

/// Two versions of a text have one order, and each begins with itself.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using kasane::resolver::CondaVersion;
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const std::size_t middle = text.find('\n');
  const auto a = CondaVersion::find(text.substr(0, middle));
  if (!a) return 0;
  if (!a->starts_with(*a)) std::abort();
  if (middle == std::string_view::npos) return 0;
  const auto b = CondaVersion::find(text.substr(middle + 1));
  if (!b) return 0;
  if ((*a < *b) + (*b < *a) + (*a == *b) != 1) std::abort();
  if (*a == *b && a->starts_with(*b) != b->starts_with(*a)) std::abort();
  return 0;
}
