#include "cli/resolve_options.h"

#include <chrono>
#include <filesystem>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/error.h"
#include "base/written_time.h"

namespace kasane::cli {
namespace {

constexpr std::chrono::microseconds kDay = std::chrono::hours(24);

/// `conda-forge=https://mirror.example/forge`: what is in front of the last `=` that a URL follows.
std::pair<std::string, std::string> split_mirror(const std::string& text) {
  for (const char* scheme : {"=https://", "=http://", "=file://"}) {
    const std::size_t at = text.rfind(scheme);
    if (at != std::string::npos && at > 0) return {text.substr(0, at), text.substr(at + 1)};
  }
  throw Error(ErrorKind::kUsage,
              fmt::format("expected `--mirror CHANNEL=URL`, got `{}`", resolver::redact_urls(text)))
      .hint("write for example `--mirror conda-forge=https://mirror.example/conda-forge`");
}

}  // namespace

std::int64_t parse_time(std::string_view text, std::string_view option) {
  if (const auto written = find_written_time(text)) {
    const auto end = written->has_clock ? written->time : written->time + kDay;
    const auto since = std::chrono::floor<std::chrono::milliseconds>(end.time_since_epoch());
    return written->has_clock ? since.count() : since.count() - 1;
  }
  throw Error(ErrorKind::kUsage, fmt::format("expected a time after `{}`, got `{}`", option, text))
      .hint("write for example `2024-05-01` or `2024-05-01T12:30:00Z`");
}

void ResolveOptions::add_to(CLI::App& command) {
  command
      .add_option("-c,--channel", channels,
                  "A channel to take in place of the specification's; may be given several times")
      ->allow_extra_args(false);
  command
      .add_option("--channel-priority", channel_priority,
                  "What counts where several channels have a name: strict, flexible or disabled")
      ->check(CLI::IsMember({"strict", "flexible", "disabled"}))
      ->capture_default_str();
  command.add_option("--exclude-newer", exclude_newer,
                     "Look at channels as they were then: 2024-05-01 or 2024-05-01T12:30:00Z");
  command.add_option("--glibc", glibc, "The glibc that the image has (default: 2.28)");
  command.add_option("--cuda", cuda, "The CUDA that the hosts' drivers can run, or `none`");
  command
      .add_option("--mirror", mirrors,
                  "Ask URL in place of a channel, or of all that begin so; may be given several "
                  "times, also for the same one")
      ->type_name("CHANNEL=URL")
      ->allow_extra_args(false);
  command.add_flag("--refresh", refresh, "Ask the channels for all anew");
  pip.add_to(command);
}

resolver::ChannelPriority ResolveOptions::priority() const {
  if (channel_priority == "flexible") return resolver::ChannelPriority::kFlexible;
  if (channel_priority == "disabled") return resolver::ChannelPriority::kDisabled;
  return resolver::ChannelPriority::kStrict;
}

resolver::ChannelSettings ResolveOptions::channel_settings(const Surroundings& surroundings) const {
  resolver::ChannelSettings settings;
  settings.working_directory = std::filesystem::current_path().native();
  settings.home = surroundings.find_variable("HOME");
  for (const std::string& mirror : mirrors) {
    const auto [channel, url] = split_mirror(mirror);
    // The beginning of many channels' URLs is one that a channel may have.
    settings.mirrors[resolver::Channel::parse(channel, settings).url()].push_back(url);
  }
  return settings;
}

std::optional<std::int64_t> ResolveOptions::exclude_newer_ms() const {
  if (exclude_newer.empty()) return std::nullopt;
  return parse_time(exclude_newer, "--exclude-newer");
}

resolver::SystemFacts ResolveOptions::system(const Surroundings& surroundings,
                                             const resolver::SystemFacts& known) const {
  resolver::SystemFacts facts = known;
  if (auto value = surroundings.find_variable("CONDA_OVERRIDE_GLIBC")) facts.glibc = *value;
  if (auto value = surroundings.find_variable("CONDA_OVERRIDE_LINUX")) facts.kernel = *value;
  if (auto value = surroundings.find_variable("CONDA_OVERRIDE_CUDA")) facts.cuda = *value;
  if (auto value = surroundings.find_variable("CONDA_OVERRIDE_ARCHSPEC")) {
    facts.microarchitecture = *value;
  }
  if (!glibc.empty()) facts.glibc = glibc;
  if (!cuda.empty()) facts.cuda = cuda;
  if (cuda == "none") facts.cuda.reset();
  return facts;
}

}  // namespace kasane::cli
