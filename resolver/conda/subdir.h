#pragma once

#include <optional>
#include <string_view>
#include <utility>

namespace kasane::resolver {

/// True for the names that conda knows of platforms' directories in channels, `noarch` among them.
bool is_known_subdir(std::string_view text);

/// Cuts a known subdir off the end of a channel's name or URL: `conda-forge/noarch`.
std::pair<std::string_view, std::optional<std::string_view>> split_subdir(std::string_view channel);

}  // namespace kasane::resolver
