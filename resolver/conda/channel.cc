#include "resolver/conda/channel.h"

#include <algorithm>
#include <cctype>
#include <filesystem>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "resolver/conda/mirror.h"
#include "resolver/conda/string_pattern.h"
#include "resolver/conda/subdir.h"

namespace kasane::resolver {
namespace {

constexpr std::string_view kDefaults = "defaults";
constexpr std::string_view kNoDefaults = "nodefaults";

std::string_view without_slashes(std::string_view text) {
  while (text.ends_with('/')) text.remove_suffix(1);
  return text;
}

bool is_path(std::string_view text) {
  return text.starts_with('/') || text.starts_with("./") || text.starts_with("../") ||
         text.starts_with("~/") || text == "." || text == "..";
}

Error refuse(std::string_view text, std::string_view why) {
  return Error(ErrorKind::kUsage, fmt::format("`{}` is no channel: {}", redact_urls(text), why))
      .hint("write a name like `conda-forge`, a URL, or a path that begins with `./` or `/`");
}

/// A path as a URL, whose special characters are escaped.
std::string file_url(std::string_view path, const ChannelSettings& settings) {
  std::filesystem::path full = path;
  if (path.starts_with("~/")) {
    if (!settings.home) throw refuse(path, "there is no home directory");
    full = std::filesystem::path(*settings.home) / path.substr(2);
  }
  full = (std::filesystem::path(settings.working_directory) / full).lexically_normal();
  std::string out = "file://";
  for (const char c : full.generic_string()) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 ||
                       std::string_view("/-._~+@:").find(c) != std::string_view::npos;
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

/// Scheme and host in lower case, and nothing doubled or at the end.
std::string normalized_url(std::string_view url) {
  const std::size_t authority = url.find("://") + 3;
  const std::size_t path = std::min(url.find('/', authority), url.size());
  std::string out = lower(url.substr(0, path));
  for (std::size_t i = path; i < url.size(); ++i) {
    const bool doubled = url[i] == '/' && i > path && url[i - 1] == '/';
    if (!doubled) out += url[i];
  }
  return std::string(without_slashes(out));
}

std::string url_of_name(std::string_view name, const ChannelSettings& settings) {
  const bool sound = std::all_of(name.begin(), name.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view("-._/+").find(c) != std::string_view::npos;
  });
  if (!sound || name.find("..") != std::string_view::npos) {
    throw refuse(name, "a name holds letters, digits, `-`, `_`, `.` and `/`");
  }
  const auto custom = settings.custom.find(std::string(name.substr(0, name.find('/'))));
  const std::string& base = custom == settings.custom.end() ? settings.alias : custom->second;
  return fmt::format("{}/{}", without_slashes(base), name);
}

/// What is left of `url` below `base`; nothing when it is not below it. The scheme does not count.
std::optional<std::string_view> find_below(std::string_view url, std::string_view base) {
  const auto without_scheme = [](std::string_view text) {
    return text.substr(std::min(text.find("://"), text.size()));
  };
  url = without_scheme(url);
  base = without_slashes(without_scheme(base));
  if (!url.starts_with(base) || !url.substr(base.size()).starts_with('/')) return std::nullopt;
  return url.substr(base.size() + 1);
}

std::string name_of_url(const std::string& url, const ChannelSettings& settings) {
  for (const auto& [first, base] : settings.custom) {
    const auto rest = find_below(url, base);
    if (rest && (*rest == first || rest->starts_with(first + "/"))) return std::string(*rest);
  }
  if (const auto rest = find_below(url, settings.alias)) return std::string(*rest);
  return url;
}

}  // namespace

Channel Channel::parse(std::string_view text, const ChannelSettings& settings) {
  const std::string_view given = without_slashes(trim(text));
  if (given.empty()) throw refuse(text, "it is empty");
  if (given == kDefaults || given == kNoDefaults) {
    throw refuse(given, "it stands for several channels");
  }
  Channel out;
  std::string url;
  if (is_path(given)) {
    url = file_url(given, settings);
  } else if (const std::size_t scheme = given.find("://"); scheme != std::string_view::npos) {
    const std::string_view kind = given.substr(0, scheme);
    if (kind != "https" && kind != "http" && kind != "file") {
      throw refuse(given, fmt::format("expected `https`, `http` or `file`, found `{}`", kind));
    }
    SplitUrl split = split_credentials(given);
    url = std::move(split.url);
    out.credentials_ = std::move(split.credentials);
  } else {
    url = url_of_name(given, settings);
  }
  const std::string normalized = normalized_url(url);
  const auto [base, subdir] = split_subdir(normalized);
  out.url_ = std::string(base);
  if (subdir) out.subdir_ = std::string(*subdir);
  out.name_ = name_of_url(out.url_, settings);
  out.places_ = places_of(out.url_, settings);
  return out;
}

std::vector<Channel> read_channels(std::span<const std::string> texts,
                                   const ChannelSettings& settings) {
  std::vector<Channel> out;
  const auto add = [&](const std::string& text) {
    Channel channel = Channel::parse(text, settings);
    if (std::find(out.begin(), out.end(), channel) == out.end()) out.push_back(std::move(channel));
  };
  const bool none = std::any_of(texts.begin(), texts.end(),
                                [](const std::string& text) { return trim(text) == kNoDefaults; });
  for (const std::string& text : texts) {
    const std::string_view given = trim(text);
    if (given == kNoDefaults) continue;
    if (given != kDefaults) {
      add(text);
    } else if (!none) {
      std::for_each(settings.defaults.begin(), settings.defaults.end(), add);
    }
  }
  return out;
}

bool channel_matches(std::string_view wanted, const Channel& channel,
                     const ChannelSettings& settings) {
  const std::string_view given = without_slashes(trim(wanted));
  if (given.find('*') != std::string_view::npos) {
    const StringPattern pattern = StringPattern::parse(given);
    return pattern.matches(channel.name()) || pattern.matches(channel.url());
  }
  if (given == kDefaults) {
    return std::any_of(settings.defaults.begin(), settings.defaults.end(),
                       [&](const std::string& member) {
                         return Channel::parse(member, settings).url() == channel.url();
                       });
  }
  const Channel meant = Channel::parse(given, settings);
  return meant.url() == channel.url() || meant.name() == channel.name();
}

}  // namespace kasane::resolver
