#include "builder/package/prefix_replacement.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "base/error.h"

namespace kasane::builder {
namespace {

/// Where `needle` begins; absent when it is not there. glibc's memmem skips by the needle's length.
std::optional<std::size_t> find_bytes(std::string_view bytes, std::string_view needle) {
  const void* hit = ::memmem(bytes.data(), bytes.size(), needle.data(), needle.size());
  if (hit == nullptr) return std::nullopt;
  return static_cast<const char*>(hit) - bytes.data();
}

/// The first line's interpreter and the rest of that line; blanks in the path are those of
/// `prefix`.
struct Shebang {
  std::string_view line;
  std::string_view interpreter;
  std::string_view options;
};

std::optional<Shebang> find_shebang(std::string_view text, std::string_view prefix) {
  if (!text.starts_with("#!")) return std::nullopt;
  Shebang shebang;
  shebang.line = text.substr(0, text.find('\n'));
  if (shebang.line.ends_with('\r')) shebang.line.remove_suffix(1);
  std::string_view rest = shebang.line.substr(2);
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  if (!rest.starts_with('/')) return std::nullopt;
  const std::size_t from = rest.starts_with(prefix) ? prefix.size() : 0;
  const std::size_t end = std::min(rest.find_first_of(" \t", from), rest.size());
  shebang.interpreter = rest.substr(0, end);
  shebang.options = rest.substr(end);
  return shebang;
}

void mend_shebang(std::string& text, std::string_view prefix) {
  const auto shebang = find_shebang(text, prefix);
  if (!shebang) return;
  const bool works = shebang->line.size() <= kLongestShebang &&
                     shebang->interpreter.find(' ') == std::string_view::npos;
  if (works) return;
  const std::string_view name = shebang->interpreter.substr(shebang->interpreter.rfind('/') + 1);
  const std::string line = fmt::format("#!/usr/bin/env {}{}", name, shebang->options);
  text.replace(0, shebang->line.size(), line);
}

}  // namespace

std::string replace_prefix_in_text(std::string_view text, std::string_view placeholder,
                                   std::string_view prefix, std::size_t limit) {
  std::size_t hits = 0;
  for (std::string_view rest = text; const auto hit = find_bytes(rest, placeholder); ++hits) {
    rest.remove_prefix(*hit + placeholder.size());
  }
  const std::size_t size = text.size() - hits * placeholder.size() + hits * prefix.size();
  if (size > limit) {
    throw Error(ErrorKind::kRefused,
                fmt::format("a text would have {} bytes with its prefix put in; at most {} are "
                            "supported",
                            size, limit));
  }
  std::string out;
  out.reserve(size);
  while (const auto hit = find_bytes(text, placeholder)) {
    out += text.substr(0, *hit);
    out += prefix;
    text.remove_prefix(*hit + placeholder.size());
  }
  out += text;
  mend_shebang(out, prefix);
  return out;
}

BinaryPrefixReplacer::BinaryPrefixReplacer(std::string_view placeholder, std::string_view prefix,
                                           ByteSink& sink)
    : placeholder_(placeholder), prefix_(prefix), sink_(sink) {}

void BinaryPrefixReplacer::write(std::string_view bytes) {
  window_ += bytes;
  const std::size_t kept = placeholder_.size() - 1;
  if (window_.size() <= kept) return;
  std::string_view rest = window_;
  while (const auto hit = find_bytes(rest, placeholder_)) {
    copy_shifted(rest.substr(0, *hit));
    sink_.write(prefix_);
    padding_ += placeholder_.size() - prefix_.size();
    rest.remove_prefix(*hit + placeholder_.size());
  }
  if (rest.size() > kept) {
    copy_shifted(rest.substr(0, rest.size() - kept));
    rest.remove_prefix(rest.size() - kept);
  }
  window_.erase(0, window_.size() - rest.size());
}

void BinaryPrefixReplacer::finish() {
  copy_shifted(window_);
  window_.clear();
  write_padding();
}

/// Copies bytes without a placeholder; a string that was shortened is filled up where it ends.
void BinaryPrefixReplacer::copy_shifted(std::string_view bytes) {
  if (padding_ > 0) {
    const std::size_t end = std::min(bytes.find('\0'), bytes.size());
    if (end > 0) sink_.write(bytes.substr(0, end));
    if (end == bytes.size()) return;
    write_padding();
    bytes.remove_prefix(end);
  }
  if (!bytes.empty()) sink_.write(bytes);
}

void BinaryPrefixReplacer::write_padding() {
  static constexpr char kZeros[4096] = {};
  while (padding_ > 0) {
    const std::size_t count = std::min(padding_, sizeof(kZeros));
    sink_.write(std::string_view(kZeros, count));
    padding_ -= count;
  }
}

}  // namespace kasane::builder
