#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/url.h"
#include "cli/surroundings.h"
#include "resolver/resolve/pip_indexes.h"
#include "resolver/spec/environment_spec.h"

namespace CLI {
class App;
}  // namespace CLI

namespace kasane::cli {

/// What commands that resolve are told of Python distributions, as it was typed.
struct PipIndexOptions {
  std::string index_url;
  std::vector<std::string> extra_index_urls;
  std::vector<std::string> find_links;
  std::string index_strategy;
  std::string python;
  bool no_index = false;
  bool pre = false;
  bool prefer_conda = false;

  void add_to(CLI::App& command);
  /// `--python` and `--pre` in place of what the specification says.
  void apply_to(resolver::EnvironmentSpec& spec) const;
  /// With the environment's `PIP_*` and `UV_*`, which win over pip's configuration files.
  resolver::PipPlaceSettings places(Surroundings& surroundings) const;
};

/// The user of an Azure Artifacts feed, where the environment holds a token for it.
std::optional<UserInfo> find_feed_user(const Url& url, const Surroundings& surroundings);

}  // namespace kasane::cli
