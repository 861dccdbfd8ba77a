#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace kasane {

/// The candidate that `word` is probably a misspelling of; nothing when none is near.
std::optional<std::string> find_suggestion(std::string_view word,
                                           std::span<const std::string> candidates);

}  // namespace kasane
