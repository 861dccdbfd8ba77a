#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace kasane::builder {

/// The glibc of a distribution, told by its `/etc/os-release`: that of the release, which updates
/// leave as it is. Nothing for distributions that are not known.
std::optional<std::string> find_glibc_version(std::string_view os_release);

/// The CUDA that `CUDA_VERSION` in an image's environment stands for: `12.4` of `12.4.1`. Nothing
/// for a text that is no version.
std::optional<std::string> find_cuda_version(std::string_view variable);

}  // namespace kasane::builder
