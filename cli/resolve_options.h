#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/pip_index_options.h"
#include "cli/surroundings.h"
#include "resolver/resolve/lock_environment.h"

namespace CLI {
class App;
}  // namespace CLI

namespace kasane::cli {

/// What commands that resolve are told of channels and of the hosts, as it was typed.
struct ResolveOptions {
  std::vector<std::string> channels;
  std::string channel_priority = "strict";
  std::string exclude_newer;
  std::string glibc;
  std::string cuda;
  std::vector<std::string> mirrors;
  bool refresh = false;
  PipIndexOptions pip;

  void add_to(CLI::App& command);

  resolver::ChannelPriority priority() const;
  /// Where paths and `~` lead, and which mirrors to ask.
  resolver::ChannelSettings channel_settings(const Surroundings& surroundings) const;
  /// Milliseconds since 1970.
  std::optional<std::int64_t> exclude_newer_ms() const;
  /// Options win over the environment, and that over `known`, which a base image tells.
  resolver::SystemFacts system(const Surroundings& surroundings,
                               const resolver::SystemFacts& known) const;
};

/// Reads `2024-05-01` (the end of that day), `2024-05-01T12:30:00Z` or the same with another
/// offset, as milliseconds since 1970; an Error of kind kUsage that names `option` otherwise.
std::int64_t parse_time(std::string_view text, std::string_view option);

}  // namespace kasane::cli
