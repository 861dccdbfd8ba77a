#include "cli/resolve_options.h"

#include <chrono>
#include <cstdio>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/error.h"

namespace kasane::cli {
namespace {

using Days = std::chrono::sys_days;

struct Clock {
  int hour = 0;
  int minute = 0;
  int second = 0;
  int offset_minutes = 0;
};

/// `T12:30`, `T12:30:00`, each with `Z`, an offset, or nothing, which is UTC.
std::optional<Clock> read_clock(const std::string& text) {
  Clock clock;
  int length = 0;
  if (std::sscanf(text.c_str(), "%*1[Tt ]%2d:%2d%n", &clock.hour, &clock.minute, &length) != 2) {
    return std::nullopt;
  }
  std::string rest = text.substr(static_cast<std::size_t>(length));
  if (std::sscanf(rest.c_str(), ":%2d%n", &clock.second, &length) == 1) {
    rest = rest.substr(static_cast<std::size_t>(length));
  }
  int hours = 0;
  int minutes = 0;
  char sign = '+';
  if (!rest.empty() && rest != "Z" && rest != "z") {
    const int read = std::sscanf(rest.c_str(), "%c%2d:%2d%n", &sign, &hours, &minutes, &length);
    const bool whole = read == 3 && static_cast<std::size_t>(length) == rest.size();
    if (!whole || (sign != '+' && sign != '-')) return std::nullopt;
  }
  clock.offset_minutes = (sign == '-' ? -1 : 1) * (hours * 60 + minutes);
  const bool sound = clock.hour >= 0 && clock.hour < 24 && clock.minute >= 0 && clock.minute < 60 &&
                     clock.second >= 0 && clock.second <= 60;
  return sound ? std::optional(clock) : std::nullopt;
}

std::optional<std::int64_t> find_time(const std::string& text) {
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  int length = 0;
  if (std::sscanf(text.c_str(), "%4d-%2u-%2u%n", &year, &month, &day, &length) != 3) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month),
                                         std::chrono::day(day)};
  if (!date.ok()) return std::nullopt;
  const std::int64_t seconds = std::int64_t{Days(date).time_since_epoch().count()} * 86400;
  const std::string rest = text.substr(static_cast<std::size_t>(length));
  if (rest.empty()) return (seconds + 86400) * 1000 - 1;
  const auto clock = read_clock(rest);
  if (!clock) return std::nullopt;
  return (seconds + clock->hour * 3600 + (clock->minute - clock->offset_minutes) * 60 +
          clock->second) *
         1000;
}

}  // namespace

std::int64_t parse_time(std::string_view text, std::string_view option) {
  if (const auto time = find_time(std::string(text))) return *time;
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
  command.add_flag("--refresh", refresh, "Ask the channels for all anew");
}

resolver::ChannelPriority ResolveOptions::priority() const {
  if (channel_priority == "flexible") return resolver::ChannelPriority::kFlexible;
  if (channel_priority == "disabled") return resolver::ChannelPriority::kDisabled;
  return resolver::ChannelPriority::kStrict;
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
