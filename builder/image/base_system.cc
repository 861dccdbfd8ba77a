#include "builder/image/base_system.h"

#include <algorithm>
#include <array>

namespace kasane::builder {
namespace {

struct Release {
  std::string_view distribution;
  std::string_view version;
  std::string_view glibc;
};

/// As their package lists have it. Azure ML's images are Ubuntu; Debian is under most Python ones.
constexpr std::array<Release, 16> kReleases = {{{"ubuntu", "16.04", "2.23"},
                                                {"ubuntu", "18.04", "2.27"},
                                                {"ubuntu", "20.04", "2.31"},
                                                {"ubuntu", "22.04", "2.35"},
                                                {"ubuntu", "24.04", "2.39"},
                                                {"debian", "9", "2.24"},
                                                {"debian", "10", "2.28"},
                                                {"debian", "11", "2.31"},
                                                {"debian", "12", "2.36"},
                                                {"debian", "13", "2.41"},
                                                {"azurelinux", "3.0", "2.38"},
                                                {"mariner", "2.0", "2.35"},
                                                {"rhel", "8", "2.28"},
                                                {"rhel", "9", "2.34"},
                                                {"almalinux", "9", "2.34"},
                                                {"rocky", "9", "2.34"}}};

/// The value of a line `KEY=value` or `KEY="value"`.
std::string_view value_of(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!line.starts_with(key) || !line.substr(key.size()).starts_with('=')) continue;
    line.remove_prefix(key.size() + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    const bool quoted = line.size() > 1 && (line.front() == '"' || line.front() == '\'');
    return quoted && line.back() == line.front() ? line.substr(1, line.size() - 2) : line;
  }
  return {};
}

}  // namespace

std::optional<std::string> find_glibc_version(std::string_view os_release) {
  const std::string_view distribution = value_of(os_release, "ID");
  const std::string_view version = value_of(os_release, "VERSION_ID");
  for (const Release& release : kReleases) {
    const bool same =
        version == release.version || (version.starts_with(release.version) &&
                                       version.substr(release.version.size()).starts_with('.'));
    if (release.distribution == distribution && same) return std::string(release.glibc);
  }
  return std::nullopt;
}

std::optional<std::string> find_cuda_version(std::string_view variable) {
  const std::size_t dot = variable.find('.');
  if (dot == 0 || dot == std::string_view::npos) return std::nullopt;
  const std::size_t end = std::min(variable.find('.', dot + 1), variable.size());
  const std::string_view version = variable.substr(0, end);
  const bool sound = version.size() > dot + 1 &&
                     version.find_first_not_of("0123456789.") == std::string_view::npos;
  return sound ? std::optional(std::string(version)) : std::nullopt;
}

}  // namespace kasane::builder
