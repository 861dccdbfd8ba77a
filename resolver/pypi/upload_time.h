#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "base/written_time.h"

namespace kasane::resolver::pypi {

/// When a file came to its index.
using UploadTime = std::chrono::sys_time<std::chrono::microseconds>;

/// Reads a time as PEP 700 has it (`2023-10-01T12:00:00.123456Z`); a day alone is its midnight.
inline std::optional<UploadTime> find_upload_time(std::string_view text) {
  const auto written = find_written_time(text);
  return written ? std::optional(written->time) : std::nullopt;
}

}  // namespace kasane::resolver::pypi
