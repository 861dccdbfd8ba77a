#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/error.h"
#include "registry/image_config.h"

/// Either an Error, or a configuration that renders as one that reads the same, also after changes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace kasane;
  try {
    auto config =
        registry::ImageConfig::parse(std::string_view(reinterpret_cast<const char*>(bytes), size));
    config.set_variable("PATH", "/bin");
    config.set_label("a", "b");
    config.set_command_if_missing({"/bin/sh"});
    config.append_layer(DiffId(Digest::of("x")), "test");
    config.make_reproducible();
    const std::string text = config.render();
    const auto again = registry::ImageConfig::parse(text);
    if (again.render() != text || again.find_variable("PATH") != "/bin") std::abort();
    if (again.diff_ids() != config.diff_ids()) std::abort();
  } catch (const Error&) {
  }
  return 0;
}
