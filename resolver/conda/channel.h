#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "resolver/conda/url_credentials.h"

namespace kasane::resolver {

/// What a channel's name stands for. All URLs without a slash at their end.
struct ChannelSettings {
  /// Where a bare name is looked for.
  std::string alias = "https://conda.anaconda.org";
  /// What `defaults` means.
  std::vector<std::string> defaults = {"https://repo.anaconda.com/pkgs/main",
                                       "https://repo.anaconda.com/pkgs/r"};
  /// Names that are elsewhere than below the alias, by their first part: `pkgs/main` is found by
  /// `pkgs`.
  std::map<std::string, std::string> custom = {{"pkgs", "https://repo.anaconda.com"}};
  /// By a channel's URL, or the beginning of it up to a slash: where to ask instead, in order.
  std::map<std::string, std::vector<std::string>> mirrors;
  /// For relative paths and `~/`.
  std::string working_directory = "/";
  std::optional<std::string> home;
};

/// A conda channel: a URL below which there is a directory for each subdir. Two channels are the
/// same when their URLs are, whatever their credentials.
class Channel {
 public:
  /// Reads a name (`conda-forge`, `pytorch/label/dev`), a URL (http, https, file) or a path; a
  /// known subdir at its end is cut off. `defaults` is several channels: see read_channels().
  /// Errors are of kind kUsage.
  static Channel parse(std::string_view text, const ChannelSettings& settings);

  /// Without credentials, and without a slash at its end.
  const std::string& url() const { return url_; }
  /// As people call it: the name where the URL is that of a name, else the URL.
  const std::string& name() const { return name_; }
  const std::optional<UrlCredentials>& credentials() const { return credentials_; }
  /// The only subdir to use, where the text named one.
  const std::optional<std::string>& subdir() const { return subdir_; }
  /// Where to ask for it: its mirrors, or its own URL.
  const std::vector<std::string>& places() const { return places_; }

  bool operator==(const Channel& other) const {
    return url_ == other.url_ && subdir_ == other.subdir_;
  }

 private:
  Channel() = default;
  std::string url_;
  std::string name_;
  std::optional<UrlCredentials> credentials_;
  std::optional<std::string> subdir_;
  std::vector<std::string> places_;
};

/// The channels that a list of texts names, in order: `defaults` is taken apart, `nodefaults` takes
/// the defaults out, and of two equal ones the first counts.
std::vector<Channel> read_channels(std::span<const std::string> texts,
                                   const ChannelSettings& settings);

/// True when a MatchSpec's channel (a name or URL, perhaps with `*`) means `channel`. `defaults`
/// means each of its members.
bool channel_matches(std::string_view wanted, const Channel& channel,
                     const ChannelSettings& settings);

}  // namespace kasane::resolver
