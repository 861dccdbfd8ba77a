#include "builder/package/wheel_name.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "base/archive/entry_path.h"
#include "base/error.h"

namespace kasane::builder {
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

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '+' || c == '!' || static_cast<unsigned char>(c) >= 0x80;
}

bool is_part(const std::string& part) {
  return !part.empty() && std::all_of(part.begin(), part.end(), is_name_character);
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

WheelName WheelName::parse(std::string_view file_name) {
  constexpr std::string_view kEnding = ".whl";
  const auto fail = [&]() -> Error {
    return Error(ErrorKind::kUsage,
                 fmt::format("`{}` is no wheel name, expected "
                             "`distribution-version(-build)?-python-abi-platform.whl`",
                             printable_name(file_name)));
  };
  if (!file_name.ends_with(kEnding)) throw fail();
  const std::vector<std::string> parts =
      split(file_name.substr(0, file_name.size() - kEnding.size()), '-');
  if (parts.size() != 5 && parts.size() != 6) throw fail();
  if (!std::all_of(parts.begin(), parts.end(), is_part)) throw fail();
  WheelName name;
  name.distribution = parts[0];
  name.version = parts[1];
  if (parts.size() == 6) {
    name.build = parts[2];
    if (name.build.front() < '0' || name.build.front() > '9') throw fail();
  }
  name.python_tags = split(parts[parts.size() - 3], '.');
  name.abi_tags = split(parts[parts.size() - 2], '.');
  name.platform_tags = split(parts[parts.size() - 1], '.');
  return name;
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

std::string normalise_distribution_name(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c == '-' || c == '_' || c == '.') {
      if (!out.ends_with('-')) out += '-';
    } else {
      out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
  }
  return out;
}

}  // namespace kasane::builder
