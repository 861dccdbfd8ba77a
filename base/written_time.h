#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace kasane {

/// A moment as people and servers write it.
struct WrittenTime {
  /// Of a day alone: its beginning. What is finer than microseconds is dropped.
  std::chrono::sys_time<std::chrono::microseconds> time;
  /// A time of day was written, not a day alone.
  bool has_clock = false;

  bool operator==(const WrittenTime&) const = default;
};

/// Reads `2023-10-01T12:00:00.123456Z` (RFC 3339) and what people make of it: a space in place of
/// the `T`, no seconds, no zone, which is UTC, `+0200`, a day alone.
std::optional<WrittenTime> find_written_time(std::string_view text);

}  // namespace kasane
