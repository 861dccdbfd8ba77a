#include "resolver/pypi/specifier.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "base/archive/entry_path.h"
#include "base/error.h"
#include "base/text.h"

namespace kasane::resolver::pypi {
namespace {

using Operator = Specifier::Operator;

/// Above all keys that begin with what stands before it.
constexpr char kAboveAll = static_cast<char>(0xff);

constexpr std::array<std::pair<std::string_view, Operator>, 8> kOperators = {{
    {"===", Operator::kArbitrary},
    {"~=", Operator::kCompatible},
    {"==", Operator::kEqual},
    {"!=", Operator::kNotEqual},
    {"<=", Operator::kLessEqual},
    {">=", Operator::kGreaterEqual},
    {"<", Operator::kLess},
    {">", Operator::kGreater},
}};

constexpr std::string_view kSpaces = " \t\n\r\f\v";

bool is_space(char c) { return kSpaces.find(c) != std::string_view::npos; }
std::size_t count_spaces(std::string_view text) {
  return std::find_if_not(text.begin(), text.end(), is_space) - text.begin();
}

const std::pair<std::string_view, Operator>* find_operator(std::string_view text) {
  for (const auto& entry : kOperators) {
    if (text.starts_with(entry.first)) return &entry;
  }
  return nullptr;
}

bool takes_local_and_wildcard(Operator op) {
  return op == Operator::kEqual || op == Operator::kNotEqual;
}

/// The characters that `===` takes: whatever may be told from what follows a specifier.
std::size_t arbitrary_length(std::string_view text) {
  const auto end = std::find_if(text.begin(), text.end(), [](char c) {
    return is_space(c) || c == ',' || c == ';' || c == ')';
  });
  return end - text.begin();
}

std::string add_one(std::string digits) {
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit) {
    if (*digit != '9') {
      ++*digit;
      return digits;
    }
    *digit = '0';
  }
  return "1" + digits;
}

/// The key of the first development release of the versions that begin with this release.
std::string first_key(const VersionParts& parts) {
  VersionParts first;
  first.epoch = parts.epoch;
  first.release = parts.release;
  first.dev = "0";
  return make_version_key(first).bytes;
}

/// The key at which versions end to begin with this release.
std::string end_key(VersionParts parts) {
  parts.release.back() = add_one(std::move(parts.release.back()));
  return first_key(parts);
}

std::string above_public(const VersionKey& key) {
  return key.bytes.substr(0, key.public_size) + kAboveAll;
}

std::string shown_at(std::string_view text) {
  std::size_t end = text.empty() ? 0 : 1;
  while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) ++end;
  return end == 0 ? "the end" : fmt::format("`{}`", printable_name(text.substr(0, end)));
}

}  // namespace

std::string_view Specifier::operator_text() const {
  return std::find_if(kOperators.begin(), kOperators.end(),
                      [&](const auto& entry) { return entry.second == operator_; })
      ->first;
}

std::string Specifier::render() const { return std::string(operator_text()) + version_; }

std::size_t Specifier::length_at(std::string_view text) {
  const auto* found = find_operator(text);
  if (found == nullptr) return 0;
  std::size_t at = found->first.size();
  at += count_spaces(text.substr(at));
  if (found->second == Operator::kArbitrary) return at + arbitrary_length(text.substr(at));
  if (at < text.size() && lower(text[at]) == 'v') ++at;
  VersionParts parts;
  const std::size_t length = read_version(text.substr(at), parts);
  if (length == 0) return 0;
  const std::string_view version = text.substr(at, length);
  const std::string_view after = text.substr(at + length);
  if (takes_local_and_wildcard(found->second)) {
    const bool plain = !parts.pre && !parts.post && !parts.dev && parts.local.empty();
    return at + length + (plain && after.starts_with(".*") ? 2 : 0);
  }
  return at + std::min(version.find('+'), version.size());
}

std::optional<Specifier::Problem> Specifier::read_tail(std::string_view text, std::size_t offset,
                                                       Specifier& out, VersionParts& parts) {
  const std::size_t skip = !text.empty() && lower(text.front()) == 'v' ? 1 : 0;
  const std::size_t length = read_version(text.substr(skip), parts);
  if (length == 0) {
    return Problem{
        fmt::format("expected a version after `{}`, found {}", out.operator_text(), shown_at(text)),
        offset};
  }
  const std::string_view rest = text.substr(skip + length);
  const std::size_t end = offset + skip + length;
  if (!parts.local.empty() && !takes_local_and_wildcard(out.operator_)) {
    return Problem{
        fmt::format("`{}` takes no local version, only `==` and `!=` do", out.operator_text()),
        offset + text.find('+')};
  }
  if (rest == ".*") {
    if (!takes_local_and_wildcard(out.operator_)) {
      return Problem{fmt::format("`{}` takes no `.*`, only `==` and `!=` do", out.operator_text()),
                     end, 2};
    }
    if (parts.pre || parts.post || parts.dev || !parts.local.empty()) {
      return Problem{"`.*` follows numbers only", end, 2};
    }
    out.wildcard_ = true;
    return std::nullopt;
  }
  if (rest.empty()) return std::nullopt;
  return Problem{fmt::format("expected the end of a version, found {}", shown_at(rest)), end};
}

std::optional<Specifier::Problem> Specifier::read(std::string_view text, Specifier& out) {
  const std::size_t start = count_spaces(text);
  std::string_view rest = trim(text, kSpaces);
  const auto* found = find_operator(rest);
  if (found == nullptr) {
    return Problem{fmt::format("expected `==`, `!=`, `<=`, `>=`, `<`, `>`, `~=` or `===`, found {}",
                               shown_at(rest)),
                   start};
  }
  out.operator_ = found->second;
  const std::size_t skip = found->first.size() + count_spaces(rest.substr(found->first.size()));
  rest = rest.substr(skip);
  out.version_ = rest;
  if (out.operator_ == Operator::kArbitrary) {
    const std::size_t length = arbitrary_length(rest);
    if (length != rest.size()) {
      return Problem{
          fmt::format("expected the end of a version, found {}", shown_at(rest.substr(length))),
          start + skip + length};
    }
    out.canonical_ = "===" + lower(rest);
    if (const auto version = PythonVersion::find(rest)) {
      out.asks_for_prereleases_ = version->is_prerelease();
    }
    return std::nullopt;
  }
  VersionParts parts;
  if (auto problem = read_tail(rest, start + skip, out, parts)) return problem;
  return out.set_version(parts, start + skip);
}

std::optional<Specifier::Problem> Specifier::set_version(const VersionParts& parts,
                                                         std::size_t offset) {
  if (operator_ == Operator::kCompatible && parts.release.size() < 2) {
    return Problem{"`~=` takes a version of two numbers at least", offset, version_.size()};
  }
  const std::string_view plain =
      std::string_view(version_).substr(0, version_.size() - (wildcard_ ? 2 : 0));
  if (!PythonVersion::find(plain)) return Problem{"a number is too long", offset, version_.size()};
  asks_for_prereleases_ = operator_ != Operator::kNotEqual && (parts.pre || parts.dev);
  set_intervals(parts, make_version_key(parts));
  set_canonical(parts);
  return std::nullopt;
}

void Specifier::set_intervals(const VersionParts& parts, const VersionKey& key) {
  if (wildcard_) {
    const std::string low = first_key(parts);
    const std::string high = end_key(parts);
    if (operator_ == Operator::kEqual) {
      intervals_ = {{low, high}};
    } else {
      intervals_ = {{"", low}, {high, ""}};
    }
    return;
  }
  // With a local part that version alone, without one all local versions of it too.
  const std::string after = parts.local.empty() ? above_public(key) : key.bytes + '\0';
  switch (operator_) {
    case Operator::kEqual:
      intervals_ = {{key.bytes, after}};
      break;
    case Operator::kNotEqual:
      intervals_ = {{"", key.bytes}, {after, ""}};
      break;
    case Operator::kGreaterEqual:
      intervals_ = {{key.bytes, ""}};
      break;
    case Operator::kLessEqual:
      intervals_ = {{"", after}};
      break;
    case Operator::kLess: {
      // PEP 440: pre-releases of the version itself only where that is a pre-release.
      VersionParts bound = parts;
      if (!parts.pre && !parts.dev) bound.dev = "0";
      intervals_ = {{"", make_version_key(bound).bytes}};
      break;
    }
    case Operator::kGreater:
      // PEP 440: post-releases of the version itself only where that is a post-release.
      intervals_ = {
          {parts.post || parts.dev ? after : key.bytes.substr(0, key.final_size) + kAboveAll, ""}};
      break;
    case Operator::kCompatible: {
      VersionParts prefix = parts;
      prefix.release.pop_back();
      intervals_ = {{key.bytes, end_key(prefix)}};
      break;
    }
    case Operator::kArbitrary:
      break;
  }
}

void Specifier::set_canonical(const VersionParts& parts) {
  VersionParts canonical = parts;
  // The number of numbers matters to `~=` and `.*`.
  while (!wildcard_ && operator_ != Operator::kCompatible && canonical.release.size() > 1 &&
         canonical.release.back() == "0") {
    canonical.release.pop_back();
  }
  canonical_ = fmt::format("{}{}{}", operator_text(), canonical.render(), wildcard_ ? ".*" : "");
}

Specifier Specifier::parse(std::string_view text) {
  Specifier out;
  if (const auto problem = read(text, out)) {
    throw Error(ErrorKind::kFailed, fmt::format("{} in the version specifier `{}`", problem->what,
                                                printable_name(text)))
        .at({"", 1, static_cast<int>(problem->offset) + 1, std::string(text),
             static_cast<int>(std::max<std::size_t>(problem->length, 1))});
  }
  return out;
}

std::optional<Specifier> Specifier::find(std::string_view text) {
  Specifier out;
  if (read(text, out)) return std::nullopt;
  return out;
}

bool Specifier::contains(const PythonVersion& version) const {
  if (operator_ == Operator::kArbitrary) return contains_text(version.text());
  const std::string& key = version.key();
  return std::any_of(intervals_.begin(), intervals_.end(), [&](const Interval& interval) {
    return interval.low <= key && (interval.high.empty() || key < interval.high);
  });
}

bool Specifier::contains_text(std::string_view version) const {
  if (operator_ == Operator::kArbitrary) return lower(version) == lower(version_);
  const auto parsed = PythonVersion::find(version);
  return parsed && contains(*parsed);
}

}  // namespace kasane::resolver::pypi
