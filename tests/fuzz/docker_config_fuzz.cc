#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "registry/auth/docker_config.h"

/// Any bytes are a file of credentials or an Error; no helper has a name that leads elsewhere.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace kasane;
  try {
    const auto config = registry::DockerConfig::parse({reinterpret_cast<const char*>(bytes), size},
                                                      "`config.json`");
    const auto helper = config.find_helper("registry.example");
    if (helper && helper->find('/') != std::string::npos) std::abort();
    static_cast<void>(config.find_credential("registry.example", "app/one"));
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kUsage) std::abort();
  }
  return 0;
}
