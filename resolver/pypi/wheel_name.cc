#include "resolver/pypi/wheel_name.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "base/archive/entry_path.h"
#include "base/error.h"

namespace kasane::resolver::pypi {
namespace {

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (;;) {
    const std::size_t end = std::min(text.find(separator), text.size());
    parts.emplace_back(text.substr(0, end));
    if (end == text.size()) return parts;
    text.remove_prefix(end + 1);
  }
}

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         static_cast<unsigned char>(c) >= 0x80;
}

/// Runs of what separates are one `_` (PEP 427, "Escaping and Unicode").
bool is_distribution(std::string_view part) {
  return !part.empty() && part.find("__") == std::string_view::npos &&
         std::all_of(part.begin(), part.end(),
                     [](char c) { return is_letter_or_digit(c) || c == '_' || c == '.'; });
}

bool are_tags(const std::vector<std::string>& tags) {
  return std::all_of(tags.begin(), tags.end(), [](const std::string& tag) {
    return !tag.empty() && std::all_of(tag.begin(), tag.end(), [](char c) {
      return c > ' ' && c != '/' && c != '\\' && c != 0x7F;
    });
  });
}

/// Tags of interpreters are Python identifiers: `3` and `2.7.6` of old files are none.
bool are_interpreters(const std::vector<std::string>& tags) {
  return std::all_of(tags.begin(), tags.end(), [](const std::string& tag) {
    return !tag.empty() && (tag.front() < '0' || tag.front() > '9') &&
           std::all_of(tag.begin(), tag.end(),
                       [](char c) { return is_letter_or_digit(c) || c == '_'; });
  });
}

struct MinorVersion {
  int major = 0;
  int minor = -1;
};

/// Reads the digits of a tag: `3` and `311` are 3 and 3.11.
std::optional<MinorVersion> parse_digits(std::string_view digits) {
  if (digits.empty() || digits.front() < '0' || digits.front() > '9') return std::nullopt;
  MinorVersion version{digits.front() - '0', -1};
  digits.remove_prefix(1);
  if (digits.empty()) return version;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), version.minor);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return version;
}

std::optional<MinorVersion> parse_version(std::string_view text) {
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  return parse_digits(std::string(text.substr(0, dot)) + std::string(text.substr(dot + 1)));
}

}  // namespace

std::optional<WheelName> WheelName::find(std::string_view file_name) {
  constexpr std::string_view kEnding = ".whl";
  if (!file_name.ends_with(kEnding)) return std::nullopt;
  const std::vector<std::string> parts =
      split(file_name.substr(0, file_name.size() - kEnding.size()), '-');
  if (parts.size() != 5 && parts.size() != 6) return std::nullopt;
  if (!is_distribution(parts[0]) || !PythonVersion::find(parts[1])) return std::nullopt;
  WheelName name;
  name.distribution = parts[0];
  name.version = parts[1];
  if (parts.size() == 6) {
    name.build = parts[2];
    if (name.build.empty() || name.build.front() < '0' || name.build.front() > '9') {
      return std::nullopt;
    }
  }
  name.python_tags = split(parts[parts.size() - 3], '.');
  name.abi_tags = split(parts[parts.size() - 2], '.');
  name.platform_tags = split(parts[parts.size() - 1], '.');
  if (!are_interpreters(name.python_tags) || !are_tags(name.abi_tags) ||
      !are_tags(name.platform_tags)) {
    return std::nullopt;
  }
  return name;
}

WheelName WheelName::parse(std::string_view file_name) {
  if (auto name = find(file_name)) return std::move(*name);
  throw Error(ErrorKind::kUsage,
              fmt::format("`{}` is no wheel name, expected "
                          "`distribution-version(-build)?-python-abi-platform.whl`",
                          printable_name(file_name)));
}

std::strong_ordering WheelName::compare_builds(const WheelName& other) const {
  const auto split_build = [](std::string_view text) {
    const std::size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
    std::string_view number = text.substr(0, end);
    number.remove_prefix(std::min(number.find_first_not_of('0'), number.size()));
    return std::make_tuple(!text.empty(), number.size(), number, text.substr(end));
  };
  return split_build(build) <=> split_build(other.build);
}

bool WheelName::admits_python(std::string_view version) const {
  const auto target = parse_version(version);
  if (!target) return true;
  const bool stable_abi = std::find(abi_tags.begin(), abi_tags.end(), "abi3") != abi_tags.end();
  return std::any_of(python_tags.begin(), python_tags.end(), [&](const std::string& tag) {
    const bool generic = tag.starts_with("py");
    if (!generic && !tag.starts_with("cp")) return false;
    const auto tagged = parse_digits(std::string_view(tag).substr(2));
    if (!tagged || tagged->major != target->major) return false;
    return generic || stable_abi ? tagged->minor <= target->minor
                                 : tagged->minor == target->minor || tagged->minor == -1;
  });
}

}  // namespace kasane::resolver::pypi
