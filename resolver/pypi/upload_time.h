#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace kasane::resolver::pypi {

/// When a file came to its index.
using UploadTime = std::chrono::sys_time<std::chrono::microseconds>;

/// Reads a time as PEP 700 has it (`2023-10-01T12:00:00.123456Z`), with an offset in place of `Z`,
/// without a time of day, which is midnight. What is finer than microseconds is dropped.
std::optional<UploadTime> find_upload_time(std::string_view text);

}  // namespace kasane::resolver::pypi
