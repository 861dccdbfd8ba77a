#include "resolver/conda/record_rules.h"

#include <array>
#include <cstddef>

#include <fmt/format.h>

#include "resolver/conda/version.h"

namespace kasane::resolver {
namespace {

/// Numbers with dots between them, which most versions are: no need to look closer.
bool is_plain_version(std::string_view text) {
  constexpr std::size_t kLongest = 100;
  if (text.size() > kLongest) return false;
  bool digit_before = false;
  for (const char c : text) {
    const bool digit = c >= '0' && c <= '9';
    if (!digit && (c != '.' || !digit_before)) return false;
    digit_before = digit;
  }
  return digit_before;
}

/// By character: whether it may not stand in a file name, which becomes part of a URL.
constexpr std::array<bool, 256> kRefused = [] {
  std::array<bool, 256> out = {};
  for (std::size_t c = 0; c < ' '; ++c) out[c] = true;
  for (const unsigned char c : {'/', '\\', '\x7f'}) out[c] = true;
  return out;
}();

bool is_file_name(std::string_view text) {
  bool refused = text.empty() || text.front() == '.';
  for (const char c : text) refused |= kRefused[static_cast<unsigned char>(c)];
  return !refused;
}

}  // namespace

bool RecordRules::is_version(std::string_view text) {
  if (is_plain_version(text) || text == last_version_) return true;
  key_.clear();
  if (!append_version_key(text, key_)) return false;
  last_version_ = text;
  return true;
}

std::string RecordRules::find_problem(const RecordIdentity& record) {
  if (record.name.empty() || record.version.empty() || record.build.empty()) {
    return "it lacks a name, a version or a build string";
  }
  if (!is_file_name(record.file_name)) return "that is no file name";
  if (!is_version(record.version)) return fmt::format("`{}` is no version", record.version);
  return "";
}

}  // namespace kasane::resolver
