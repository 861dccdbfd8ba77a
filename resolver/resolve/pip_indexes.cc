#include "resolver/resolve/pip_indexes.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"

namespace kasane::resolver {
namespace {

constexpr std::string_view kPypi = "https://pypi.org/simple";

Url read_place(const std::string& text, const Path& working_directory) {
  if (text.find("://") != std::string::npos || text.starts_with("file:")) return Url::parse(text);
  return Url::of_file((working_directory / text).lexically_normal());
}

/// `%`, and what ends a user or password in a URL, in their escaped form.
std::string escape_user(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.' || c == '~';
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

}  // namespace

pypi::IndexSettings read_index_settings(const PipOptions& spec, const PipPlaceSettings& given) {
  const PipPlaces written{spec.index_url, spec.extra_index_urls, spec.find_links, spec.no_index};
  pypi::IndexSettings out;
  out.strategy = given.strategy;
  const auto add = [&](std::vector<Url>& list, const std::string& text) {
    Url url = read_place(text, given.working_directory);
    if (std::find(list.begin(), list.end(), url) == list.end()) list.push_back(std::move(url));
  };
  std::optional<std::string> main;
  bool no_index = false;
  for (const PipPlaces* places : {&given.command_line, &written, &given.environment}) {
    for (const std::string& text : places->find_links) add(out.find_links, text);
    for (const std::string& text : places->extra_index_urls) add(out.indexes, text);
    if (!main) main = places->index_url;
    no_index = no_index || places->no_index;
  }
  add(out.indexes, main.value_or(std::string(kPypi)));
  if (no_index) out.indexes.clear();
  return out;
}

UrlCredentials credentials_of(const UserInfo& user) {
  std::string text = escape_user(user.user);
  if (!user.password.empty()) text += ":" + escape_user(user.password);
  return {.user_info = Secret(std::move(text)),
          .token = std::nullopt,
          .token_offset = 0,
          .query = std::nullopt};
}

void add_index_credentials(const pypi::IndexSettings& places, Lock& lock) {
  for (const LockedPackage& package : lock.packages) {
    if (package.manager != Manager::kPip || package.url.find("://") == std::string::npos) continue;
    const Url url = Url::parse(package.url);
    for (const std::vector<Url>* list : {&places.indexes, &places.find_links}) {
      for (const Url& place : *list) {
        if (!place.user_info() || !place.same_origin(url)) continue;
        const std::string directory = package.url.substr(0, package.url.rfind('/') + 1);
        lock.credentials.emplace(directory, credentials_of(*place.user_info()));
      }
    }
  }
}

}  // namespace kasane::resolver
