#include "resolver/conda/subdir.h"

#include <algorithm>
#include <array>

namespace kasane::resolver {
namespace {

constexpr std::array<std::string_view, 23> kSubdirs = {"noarch",        "linux-32",
                                                       "linux-64",      "linux-aarch64",
                                                       "linux-armv6l",  "linux-armv7l",
                                                       "linux-ppc64",   "linux-ppc64le",
                                                       "linux-riscv32", "linux-riscv64",
                                                       "linux-s390x",   "osx-64",
                                                       "osx-arm64",     "win-32",
                                                       "win-64",        "win-arm64",
                                                       "freebsd-64",    "emscripten-wasm32",
                                                       "wasi-wasm32",   "zos-z",
                                                       "linux-x86_64",  "linux-loongarch64",
                                                       "freebsd-arm64"};

}  // namespace

bool is_known_subdir(std::string_view text) {
  return std::find(kSubdirs.begin(), kSubdirs.end(), text) != kSubdirs.end();
}

std::pair<std::string_view, std::optional<std::string_view>> split_subdir(
    std::string_view channel) {
  while (channel.ends_with('/')) channel.remove_suffix(1);
  const std::size_t slash = channel.rfind('/');
  if (slash == std::string_view::npos || !is_known_subdir(channel.substr(slash + 1))) {
    return {channel, std::nullopt};
  }
  return {channel.substr(0, slash), channel.substr(slash + 1)};
}

}  // namespace kasane::resolver
