#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "registry/auth/challenge.h"

/// Any header is some challenges, each with a scheme.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view field(reinterpret_cast<const char*>(bytes), size);
  for (const auto& challenge : kasane::registry::parse_challenges(field)) {
    if (challenge.scheme.empty()) std::abort();
    for (const auto& [name, value] : challenge.parameters) {
      if (name.empty() || value.size() > size) std::abort();
    }
  }
  return 0;
}
