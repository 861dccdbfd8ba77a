#pragma once

#include <optional>
#include <string>
#include <vector>

#include "resolver/conda/url_credentials.h"
#include "resolver/lock/lock.h"
#include "resolver/pypi/index_client.h"
#include "resolver/spec/environment_spec.h"

namespace kasane::resolver {

/// Where somebody says that distributions are: a command line, the environment, a configuration.
/// Texts are URLs, or paths to directories; they may hold credentials.
struct PipPlaces {
  std::optional<std::string> index_url = std::nullopt;
  std::vector<std::string> extra_index_urls = {};
  std::vector<std::string> find_links = {};
  bool no_index = false;
};

/// What is known of a place where distributions are, besides the specification.
struct PipPlaceSettings {
  /// Wins over the specification.
  PipPlaces command_line;
  /// Gives way to it.
  PipPlaces environment;
  pypi::IndexStrategy strategy = pypi::IndexStrategy::kFirstIndex;
  /// What relative paths are relative to.
  Path working_directory;
};

/// Indexes and links, most important first: extra indexes before the main one, since with
/// `first-index` what a private index has must not be taken from a public one. Everything that is
/// an extra somewhere is one; the main index is that of the command line, else of the
/// specification, else of the environment, else PyPI. Without any index for `no_index`.
pypi::IndexSettings read_index_settings(const PipOptions& spec, const PipPlaceSettings& given);

/// How to fetch those packages of a lock that come from the very servers of these places, where
/// users and passwords stand in their URLs.
void add_index_credentials(const pypi::IndexSettings& places, Lock& lock);

/// A user in the form in which URLs hold one.
UrlCredentials credentials_of(const UserInfo& user);

}  // namespace kasane::resolver
