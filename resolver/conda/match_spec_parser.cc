#include "resolver/conda/match_spec_parser.h"

#include <algorithm>
#include <array>
#include <cctype>

#include <fmt/format.h>

#include "base/text.h"
#include "resolver/conda/subdir.h"
#include "resolver/conda/url_credentials.h"

namespace kasane::resolver {
namespace {

constexpr std::string_view kSpaces = " \t\r\n";
constexpr std::string_view kNameEnd = " \t=<>!~";
constexpr std::string_view kOperators = "=<>!~|,(";
constexpr std::array<std::string_view, 8> kFields = {
    "md5", "sha256", "url", "fn", "license", "license_family", "features", "track_features"};

bool is_package_file(std::string_view text) {
  if (!text.ends_with(".conda") && !text.ends_with(".tar.bz2")) return false;
  // A version or a build string may end like that, too: `name==1.conda`.
  const std::size_t slash = text.rfind('/');
  const std::string_view file = text.substr(slash == std::string_view::npos ? 0 : slash + 1);
  return file.find_first_of("=<>!~|") == std::string_view::npos;
}

bool is_name_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.' ||
         c == '*';
}

bool is_package_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_name_character) &&
         text.front() != '.' && text.front() != '-' && text.find("..") == std::string_view::npos &&
         text.find("--") == std::string_view::npos && !is_package_file(text);
}

bool is_subdir(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_name_character);
}

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

/// A name, a path or a URL, without credentials, in which nothing could be taken for something
/// else.
bool is_channel(std::string_view text) {
  constexpr std::string_view kForeign = "()<>=,|'\" []";
  if (text.find_first_of(kForeign) != std::string_view::npos || !is_printable(text)) return false;
  if (text.find_first_not_of('/') == std::string_view::npos) return false;
  const std::size_t scheme = text.find("://");
  const std::string_view rest = scheme == std::string_view::npos ? text : text.substr(scheme + 3);
  if (rest.find("//") != std::string_view::npos || rest.find("/t/") != std::string_view::npos) {
    return false;
  }
  const std::size_t colon = rest.find(':');
  if (colon == std::string_view::npos) return true;
  const std::string_view port = rest.substr(colon + 1, rest.find('/') - colon - 1);
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return scheme != std::string_view::npos && colon > 0 && colon < rest.find('/') &&
         rest.rfind(':') == colon && std::all_of(port.begin(), port.end(), is_digit);
}

/// What ends a build string wherever one is written has no place in it.
bool is_build(std::string_view text) {
  constexpr std::string_view kForeign = ":'\" \t[]@#";
  return text.find_first_of(kForeign) == std::string_view::npos && is_printable(text) &&
         !is_package_file(text);
}

/// Where a build string begins that is set off by a space; npos when none is.
std::size_t find_spaced_build(std::string_view text) {
  const std::size_t space = text.find_last_of(kSpaces);
  if (space == std::string_view::npos) return space;
  const std::string_view before = trim(text.substr(0, space));
  const char first = text[space + 1];
  const bool version_goes_on = before.empty() ||
                               kOperators.find(before.back()) != std::string_view::npos ||
                               kOperators.find(first) != std::string_view::npos || first == ')';
  return version_goes_on ? std::string_view::npos : space + 1;
}

/// The `=` before a build string; npos when there is none, as in `>=1`, `==1`, `1,=2`.
std::size_t find_build_equals(std::string_view text) {
  const std::size_t equals = text.rfind('=');
  if (equals == std::string_view::npos || equals == 0) return std::string_view::npos;
  const std::string_view before = trim(text.substr(0, equals));
  const bool is_operator =
      before.empty() || kOperators.find(before.back()) != std::string_view::npos;
  return is_operator ? std::string_view::npos : equals;
}

/// Where a comment begins: at a `#` that follows a space or begins the text.
std::size_t find_comment(std::string_view text) {
  for (std::size_t i = text.find('#'); i != std::string_view::npos; i = text.find('#', i + 1)) {
    if (i == 0 || kSpaces.find(text[i - 1]) != std::string_view::npos) return i;
  }
  return text.size();
}

}  // namespace

Error MatchSpecParser::error_at(Part part, std::string what) const {
  return Error(ErrorKind::kFailed, fmt::format("{} in `{}`", what, redact_urls(trim(text_))))
      .at({"", 1, static_cast<int>(part.data() - text_.data()) + 1, redact_urls(text_),
           static_cast<int>(std::max<std::size_t>(part.size(), 1))});
}

template <class Body>
auto MatchSpecParser::inside(Part part, Body&& body) const {
  try {
    return body();
  } catch (const Error& problem) {
    const int start = static_cast<int>(part.data() - text_.data());
    Error error(problem.kind(), problem.message());
    error = Error(std::move(error).at({"", 1, start + std::max(problem.place().column, 1),
                                       redact_urls(text_), problem.place().length}));
    if (!problem.hint_text().empty()) error = Error(std::move(error).hint(problem.hint_text()));
    throw error;
  }
}

MatchSpec MatchSpecParser::parse() {
  Part text = trim(text_.substr(0, find_comment(text_)));
  if (text.empty()) throw error_at(text_.substr(0, 0), "a package's name is missing");
  const bool file = is_package_file(text.substr(0, text.find('#')));
  const auto foreign = std::find_if(text.begin(), text.end(), [&](char c) {
    const auto code = static_cast<unsigned char>(c);
    const bool control = (code < 0x20 && c != '\t') || code == 0x7f;
    constexpr std::string_view kNotInUrls = " \t[]'\"()<>`";
    return control || (file && (code >= 0x80 || kNotInUrls.find(c) != std::string_view::npos));
  });
  if (foreign != text.end()) {
    throw error_at(text.substr(foreign - text.begin(), 1), "a character has no place");
  }
  if (const std::size_t condition = text.find(" if "); condition != std::string_view::npos) {
    throw error_at(text.substr(condition + 1, 2), "a condition is not supported");
  }
  if (file) {
    parse_package_file(text.substr(0, text.find('#')));
    return std::move(out_);
  }
  if (const Part feature = text.substr(0, text.size() - 1);
      text.ends_with('@') && !feature.empty() &&
      std::all_of(feature.begin(), feature.end(), is_name_character)) {
    set_field("track_features", std::string(feature), text);
    return std::move(out_);
  }
  text = take_brackets(text);
  const std::size_t colon = text.rfind(':');
  if (colon != std::string_view::npos) {
    // `channel:namespace:name`; a namespace is read and means nothing.
    const Part before = text.substr(0, colon);
    const std::size_t first = before.rfind(':');
    const std::size_t end = first == std::string_view::npos ? 0 : first;
    // Brackets win over what stands before them.
    MatchSpec given = out_;
    out_.subdir_.reset();
    parse_channel(trim(before.substr(0, end)));
    if (given.channel_) out_.channel_ = std::move(given.channel_);
    if (given.subdir_) out_.subdir_ = std::move(given.subdir_);
    text = text.substr(colon + 1);
  }
  parse_name(trim(text));
  return std::move(out_);
}

void MatchSpecParser::parse_package_file(Part text) {
  const SplitUrl split = split_credentials(text);
  const std::string_view url = split.url;
  const std::size_t slash = url.rfind('/');
  const std::string file =
      percent_decode(url.substr(slash == std::string_view::npos ? 0 : slash + 1));
  if (!is_printable(file)) throw error_at(text, "a character has no place");
  const std::string_view stem =
      std::string_view(file).substr(0, file.size() - (file.ends_with(".conda") ? 6 : 8));
  const std::size_t build = stem.rfind('-');
  const std::size_t version = build == std::string_view::npos || build == 0
                                  ? std::string_view::npos
                                  : stem.rfind('-', build - 1);
  out_.fields_.insert_or_assign("url", StringPattern::parse(split.url));
  out_.fields_.insert_or_assign("fn", StringPattern::parse(file));
  const bool in_three_parts =
      version != std::string_view::npos && version != 0 && build + 1 < stem.size();
  if (!in_three_parts) return;
  const std::string name = lower(stem.substr(0, version));
  if (stem.find_first_of("*^$|,=<>") != std::string_view::npos) {
    throw error_at(text, fmt::format("expected a package's file, found a pattern: `{}`", file));
  }
  if (!is_package_name(name)) {
    throw error_at(text, fmt::format("expected a package's name, found `{}`", name));
  }
  out_.name_ = StringPattern::parse(name);
  out_.version_ = inside(text, [&] {
    return VersionSpec::exactly(CondaVersion::parse(stem.substr(version + 1, build - version - 1)));
  });
  out_.build_ = parse_build(stem.substr(build + 1), text);
  if (slash == std::string_view::npos) return;
  const auto [channel, subdir] = split_subdir(url.substr(0, slash));
  if (!subdir) return;
  if (!is_channel(channel)) {
    throw error_at(text, fmt::format("expected a channel's URL, found `{}`", channel));
  }
  out_.channel_ = std::string(channel);
  out_.subdir_ = std::string(*subdir);
}

void MatchSpecParser::parse_channel(Part text) {
  if (text.empty()) return;
  // An older notation has the subdir in brackets.
  if (text.ends_with(']') && text.find('[') != std::string_view::npos) {
    const std::size_t open = text.find('[');
    set_subdir(text.substr(open + 1, text.size() - open - 2), text);
    text = text.substr(0, open);
  }
  auto subdir = set_channel(text, text, "expected a channel's name or URL before `::`");
  if (subdir) out_.subdir_ = std::move(subdir);
}

std::optional<std::string> MatchSpecParser::set_channel(std::string_view text, Part place,
                                                        std::string_view expected) {
  const std::string clean = split_credentials(text).url;
  const auto [channel, subdir] = split_subdir(clean);
  if (!is_channel(channel)) throw error_at(place, std::string(expected));
  out_.channel_.reset();
  if (channel != "*") out_.channel_ = std::string(channel);
  return subdir ? std::optional<std::string>(*subdir) : std::nullopt;
}

MatchSpecParser::Part MatchSpecParser::take_brackets(Part text) {
  // What an older notation has in parentheses at the end never changed what matches.
  if (text.ends_with(')') && text.find("](") != std::string_view::npos) {
    text = text.substr(0, text.find("](") + 1);
  }
  std::size_t open = text.find('[');
  if (open == std::string_view::npos) return text;
  const std::size_t first_close = text.find(']', open);
  if (first_close != std::string_view::npos && text.substr(first_close + 1).starts_with(':')) {
    open = text.find('[', first_close);
    if (open == std::string_view::npos) return text;
  }
  char quote = '\0';
  std::size_t close = open + 1;
  for (; close < text.size(); ++close) {
    const char c = text[close];
    if (quote != '\0') {
      if (c == '\\') ++close;
      if (c == quote) quote = '\0';
    } else if (c == '\'' || c == '"') {
      quote = c;
    } else if (c == ']' && trim(text.substr(close + 1)).empty()) {
      break;
    } else if (c == ']') {
      throw Error(error_at(text.substr(close + 1), "unexpected text after `]`"))
          .hint("extras in brackets are pip's; brackets of conda hold `key=value` and come last");
    }
  }
  if (close >= text.size()) throw error_at(text.substr(open, 1), "a `[` is not closed");
  parse_brackets(text.substr(open + 1, close - open - 1));
  return trim(text.substr(0, open));
}

void MatchSpecParser::parse_brackets(Part rest) {
  std::string seen = ",";
  if (trim(rest).empty()) throw error_at(rest, "expected `key=value` in brackets");
  while (true) {
    rest.remove_prefix(std::min(rest.find_first_not_of(", \t"), rest.size()));
    if (rest.empty()) return;
    const std::size_t end = rest.find_first_of("=<>!~, \t");
    const Part key = rest.substr(0, end);
    if (end == std::string_view::npos || rest[end] != '=') {
      const bool comparison = end != std::string_view::npos &&
                              kOperators.find(rest[end]) != std::string_view::npos &&
                              rest[end] != ',';
      throw Error(error_at(key, fmt::format("expected `key=value` in brackets, found `{}`", key)))
          .hint(comparison ? fmt::format("write `{}='{}'`", key, trim(rest.substr(end)))
                           : "extras in brackets are pip's; brackets of conda hold `key=value`");
    }
    rest.remove_prefix(end + 1);
    std::string unescaped;
    const Part place = take_value(rest, unescaped);
    if (key.empty() || unescaped.empty()) {
      throw error_at(key.empty() ? place : key, "a key or a value is missing in brackets");
    }
    if (seen.find(fmt::format(",{},", key)) != std::string::npos) {
      throw error_at(key, fmt::format("the key `{}` comes twice", key));
    }
    seen += fmt::format("{},", key);
    set_field(key, unescaped, place);
  }
}

MatchSpecParser::Part MatchSpecParser::take_value(Part& rest, std::string& unescaped) const {
  const Part start = rest;
  if (!rest.starts_with('\'') && !rest.starts_with('"')) {
    const std::size_t end = std::min(rest.find_first_of(", \t"), rest.size());
    unescaped = rest.substr(0, end);
    rest.remove_prefix(end);
    return start.substr(0, end);
  }
  const char quote = rest.front();
  std::size_t i = 1;
  for (; i < rest.size() && rest[i] != quote; ++i) {
    const bool escape =
        rest[i] == '\\' && i + 1 < rest.size() && (rest[i + 1] == quote || rest[i + 1] == '\\');
    if (escape) ++i;
    unescaped += rest[i];
  }
  if (i >= rest.size()) throw error_at(start.substr(0, 1), "a quote is not closed");
  rest.remove_prefix(i + 1);
  if (!rest.empty() && rest.find_first_of(", \t") != 0) {
    throw error_at(rest.substr(0, 1), "expected `,` after a value in brackets");
  }
  return start.substr(1, i - 1);
}

void MatchSpecParser::set_field(Part key, const std::string& value, Part place) {
  if (key == "name") return;
  if (key == "channel") {
    auto subdir = set_channel(value, place, "expected a channel's name or URL");
    if (!out_.subdir_) out_.subdir_ = std::move(subdir);
  } else if (key == "subdir") {
    set_subdir(value, place);
  } else if (key == "version") {
    out_.version_ = inside(place, [&] { return VersionSpec::parse(value); });
  } else if (key == "build" || key == "build_string") {
    out_.build_ = parse_build(value, place);
  } else if (key == "build_number") {
    out_.build_number_ = inside(place, [&] { return VersionSpec::parse(value); });
  } else if (std::find(kFields.begin(), kFields.end(), key) != kFields.end()) {
    out_.fields_.insert_or_assign(std::string(key),
                                  inside(place, [&] { return StringPattern::parse(value); }));
  } else {
    throw Error(error_at(key, fmt::format("unknown key `{}` in brackets", key)))
        .hint(
            "the keys are `version`, `build`, `build_number`, `channel`, `subdir`, `md5`, "
            "`sha256`, `url`, `fn`, `license`, `license_family`, `features` and "
            "`track_features`");
  }
}

StringPattern MatchSpecParser::parse_build(std::string_view build, Part place) const {
  if (!is_build(build)) throw error_at(place, fmt::format("`{}` is not a build string", build));
  return inside(place, [&] { return StringPattern::parse(build); });
}

void MatchSpecParser::set_subdir(std::string_view subdir, Part place) {
  if (!is_subdir(subdir)) throw error_at(place, fmt::format("`{}` is not a subdir", subdir));
  out_.subdir_ = std::string(subdir);
}

void MatchSpecParser::parse_name(Part text) {
  const std::size_t end = std::min(text.find_first_of(kNameEnd), text.size());
  const Part name = text.substr(0, end);
  if (name.empty()) throw error_at(text, "a package's name is missing");
  if (!name.starts_with('^') && !is_package_name(lower(name)))
    throw error_at(name, fmt::format("`{}` is not a package's name", name));
  out_.name_ = inside(name, [&] { return StringPattern::parse(lower(name)); });
  const Part rest = text.substr(end);
  if (!trim(rest).empty()) parse_version_and_build(trim(rest));
}

void MatchSpecParser::parse_version_and_build(Part text) {
  std::size_t start = find_spaced_build(text);
  bool spaced = start != std::string_view::npos;
  Part version = spaced ? trim(text.substr(0, start)) : text;
  Part build = spaced ? text.substr(start) : Part();
  if (!spaced) {
    start = find_build_equals(text);
    if (start != std::string_view::npos) {
      version = trim(text.substr(0, start));
      build = trim(text.substr(start + 1));
      if (build.empty())
        throw error_at(text.substr(start, 1), "a build string is missing after `=`");
    }
  }
  // `name=1.0` and `name =1.0 build` mean all of 1.0; `name=1.0=build` means 1.0 alone.
  set_version(version, build.empty() || spaced);
  // Brackets win over what stands before them.
  if (!build.empty() && !out_.build_) {
    out_.build_ = parse_build(build, build);
  }
}

void MatchSpecParser::set_version(Part version, bool fuzzy) {
  const bool single = version.starts_with('=') && !version.starts_with("==") &&
                      version.find_first_of(",|") == std::string_view::npos;
  const Part plain = single && !fuzzy ? trim(version.substr(1)) : version;
  VersionSpec parsed = inside(plain, [&] { return VersionSpec::parse(plain); });
  if (!out_.version_) out_.version_ = std::move(parsed);
}

}  // namespace kasane::resolver
