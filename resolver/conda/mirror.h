#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "resolver/conda/channel.h"

namespace kasane::resolver {

/// Where the first mirror of a channel has what is at `url`; nothing where there is none.
std::optional<std::string> find_mirror(std::string_view url, const ChannelSettings& settings);

/// All places to ask for `url` in order: its mirrors, or itself.
std::vector<std::string> places_of(const std::string& url, const ChannelSettings& settings);

}  // namespace kasane::resolver
