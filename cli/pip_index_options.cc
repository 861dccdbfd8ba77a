#include "cli/pip_index_options.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/error.h"
#include "resolver/pypi/pip_config.h"

namespace kasane::cli {
namespace {

using resolver::PipPlaces;
using resolver::pypi::IndexStrategy;
using resolver::pypi::PipConfig;

std::vector<std::string> split_words(const std::string& text, const std::string& separators) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = text.find_first_not_of(separators, at);
    if (begin == std::string::npos) break;
    const std::size_t end = std::min(text.find_first_of(separators, begin), text.size());
    words.push_back(text.substr(begin, end - begin));
    at = end;
  }
  return words;
}

bool is_yes(const std::string& text) {
  return text == "1" || text == "true" || text == "True" || text == "yes" || text == "on";
}

/// pip's configuration, as far as it is of the system, the user, or named by `PIP_CONFIG_FILE`.
PipConfig read_config(Surroundings& surroundings) {
  std::vector<Path> paths = {"/etc/pip.conf"};
  if (const auto home = surroundings.find_variable("HOME")) {
    paths.push_back(Path(*home) / ".pip/pip.conf");
    const auto config = surroundings.find_variable("XDG_CONFIG_HOME");
    paths.push_back((config ? Path(*config) : Path(*home) / ".config") / "pip/pip.conf");
  }
  if (const auto named = surroundings.find_variable("PIP_CONFIG_FILE")) {
    if (*named == "/dev/null") return {};
    paths.emplace_back(*named);
  }
  PipConfig config;
  for (const Path& path : paths) {
    if (!surroundings.files().find_status(path)) continue;
    config.merge(PipConfig::parse(surroundings.files().read_text(path)));
  }
  return config;
}

/// The first of these variables that is set.
std::optional<std::string> find_any(const Surroundings& surroundings,
                                    std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (auto value = surroundings.find_variable(name)) return value;
  }
  return std::nullopt;
}

PipPlaces read_environment(Surroundings& surroundings, const PipConfig& config) {
  PipPlaces out;
  out.index_url = find_any(surroundings, {"PIP_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL"});
  const auto& main = config.values("index-url");
  if (!out.index_url && !main.empty()) out.index_url = main.front();
  if (const auto extra =
          find_any(surroundings, {"PIP_EXTRA_INDEX_URL", "UV_INDEX", "UV_EXTRA_INDEX_URL"})) {
    out.extra_index_urls = split_words(*extra, " \t\n");
  } else {
    out.extra_index_urls = config.values("extra-index-url");
  }
  if (const auto links = surroundings.find_variable("PIP_FIND_LINKS")) {
    out.find_links = split_words(*links, " \t\n");
  } else if (const auto uv_links = surroundings.find_variable("UV_FIND_LINKS")) {
    out.find_links = split_words(*uv_links, ",");
  } else {
    out.find_links = config.values("find-links");
  }
  if (const auto none = find_any(surroundings, {"PIP_NO_INDEX", "UV_NO_INDEX"})) {
    out.no_index = is_yes(*none);
  } else {
    const auto& configured = config.values("no-index");
    out.no_index = !configured.empty() && is_yes(configured.front());
  }
  return out;
}

IndexStrategy read_strategy(const std::string& typed, const Surroundings& surroundings) {
  const std::string text =
      typed.empty() ? surroundings.find_variable("UV_INDEX_STRATEGY").value_or("first-index")
                    : typed;
  if (text == "first-index") return IndexStrategy::kFirstIndex;
  if (text == "best-match" || text == "unsafe-best-match") return IndexStrategy::kBestMatch;
  throw Error(
      ErrorKind::kUsage,
      fmt::format("expected `first-index` or `best-match` as index strategy, got `{}`", text));
}

}  // namespace

void PipIndexOptions::add_to(CLI::App& command) {
  command.add_option("--index-url", index_url,
                     "The index of Python distributions (default: https://pypi.org/simple)");
  command
      .add_option("--extra-index-url", extra_index_urls,
                  "An index that is asked before that one; may be given several times")
      ->allow_extra_args(false);
  command
      .add_option("--find-links", find_links,
                  "A page or directory of wheels; may be given several times")
      ->allow_extra_args(false);
  command.add_flag("--no-index", no_index, "Ask no index, only what --find-links names");
  command.add_option("--index-strategy", index_strategy,
                     "Where several indexes have a name: first-index or best-match");
  command.add_option("--python", python, "The Python, where the specification does not say: 3.11");
  command.add_flag("--pre", pre, "Take pre-releases of Python distributions");
  command.add_flag("--prefer-conda", prefer_conda,
                   "Take from conda what it has, also where only pip's requirements name it");
}

void PipIndexOptions::apply_to(resolver::EnvironmentSpec& spec) const {
  if (pre) spec.pip_options.pre = true;
  if (python.empty()) return;
  const bool bare = python.find_first_not_of("0123456789.") == std::string::npos;
  spec.python = resolver::Requirement{bare ? python + ".*" : python, {}};
}

resolver::PipPlaceSettings PipIndexOptions::places(Surroundings& surroundings) const {
  resolver::PipPlaceSettings out;
  if (!index_url.empty()) out.command_line.index_url = index_url;
  out.command_line.extra_index_urls = extra_index_urls;
  out.command_line.find_links = find_links;
  out.command_line.no_index = no_index;
  out.environment = read_environment(surroundings, read_config(surroundings));
  out.strategy = read_strategy(index_strategy, surroundings);
  out.working_directory = std::filesystem::current_path();
  return out;
}

std::optional<UserInfo> find_feed_user(const Url& url, const Surroundings& surroundings) {
  const std::string& host = url.host();
  if (host != "pkgs.dev.azure.com" && !host.ends_with(".pkgs.visualstudio.com")) {
    return std::nullopt;
  }
  const auto token = find_any(surroundings, {"SYSTEM_ACCESSTOKEN", "AZURE_DEVOPS_EXT_PAT"});
  if (!token) return std::nullopt;
  // The service looks at the token alone.
  return UserInfo{"kasane", *token};
}

}  // namespace kasane::cli
