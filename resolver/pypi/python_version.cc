#include "resolver/pypi/python_version.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/archive/entry_path.h"
#include "base/error.h"
#include "base/text.h"

/// How keys are made. All pieces are self-delimiting, so that no key of a public version begins
/// another one:
///
///   number    one byte that counts its digits (0 has none), then these
///   release   kMore and a number for each segment but zeros at the end, then kEnd
///   phase     kDevOnly < a < b < rc < kFinal; a, b and rc have a number
///   post      kNone, or kSome and a number
///   dev       kBefore and a number, or kAfter
///   local     kWord and its letters and kEnd, or kNumber and a number, for each part; kEnd
namespace kasane::resolver::pypi {
namespace {

constexpr std::size_t kMaxDigits = 250;
constexpr std::size_t kMaxLength = 4000;

constexpr char kEnd = 0x00;
constexpr char kMore = 0x01;
constexpr char kDevOnly = 0x01;
constexpr char kFinal = 0x05;
constexpr char kNone = 0x01;
constexpr char kSome = 0x02;
constexpr char kBefore = 0x01;
constexpr char kAfter = 0x02;
constexpr char kWord = 0x01;
constexpr char kNumber = 0x02;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_separator(char c) { return c == '.' || c == '-' || c == '_'; }
bool is_alphanumeric(char c) {
  const char low = lower(c);
  return is_digit(c) || (low >= 'a' && low <= 'z');
}

bool starts_with_word(std::string_view text, std::string_view word) {
  return text.size() >= word.size() &&
         std::equal(word.begin(), word.end(), text.begin(),
                    [](char expected, char found) { return expected == lower(found); });
}

std::string without_leading_zeros(std::string_view digits) {
  digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size()));
  return digits.empty() ? "0" : std::string(digits);
}

/// Reads one version off the front of a text. Each step takes what it can, or nothing.
class Reader {
 public:
  Reader(std::string_view text, VersionParts& out) : text_(text), out_(out) {}

  std::size_t read() {
    read_epoch();
    if (!read_release()) return 0;
    read_pre();
    read_post();
    read_dev();
    read_local();
    return at_;
  }

 private:
  std::string_view rest() const { return text_.substr(at_); }
  char next() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  std::string_view digits_at(std::size_t place) const {
    std::size_t end = place;
    while (end < text_.size() && is_digit(text_[end])) ++end;
    return text_.substr(place, end - place);
  }

  std::string take_number() {
    const std::string_view digits = digits_at(at_);
    at_ += digits.size();
    return without_leading_zeros(digits);
  }

  void read_epoch() {
    const std::string_view digits = digits_at(at_);
    if (digits.empty() || at_ + digits.size() >= text_.size()) return;
    if (text_[at_ + digits.size()] != '!') return;
    out_.epoch = take_number();
    ++at_;
  }

  bool read_release() {
    if (!is_digit(next())) return false;
    out_.release.push_back(take_number());
    while (next() == '.' && !digits_at(at_ + 1).empty()) {
      ++at_;
      out_.release.push_back(take_number());
    }
    return true;
  }

  /// Takes `[._-]? word [._-]? digits?` when one of the words is there; `number` is 0 without
  /// digits. A separator behind the word belongs to it only with digits or at its side.
  template <std::size_t kCount>
  std::optional<std::size_t> take_word(const std::array<std::string_view, kCount>& words,
                                       std::string& number) {
    const std::size_t start = at_ + (is_separator(next()) ? 1 : 0);
    for (std::size_t i = 0; i < kCount; ++i) {
      if (!starts_with_word(text_.substr(std::min(start, text_.size())), words[i])) continue;
      at_ = start + words[i].size();
      if (is_separator(next())) ++at_;
      number = take_number();
      return i;
    }
    return std::nullopt;
  }

  void read_pre() {
    static constexpr std::array<std::string_view, 8> kWords = {"alpha",   "a",   "beta", "b",
                                                               "preview", "pre", "c",    "rc"};
    static constexpr std::array<std::string_view, 8> kPhases = {"a",  "a",  "b",  "b",
                                                                "rc", "rc", "rc", "rc"};
    std::string number;
    if (const auto word = take_word(kWords, number)) {
      out_.pre = VersionParts::PreRelease{std::string(kPhases[*word]), number};
    }
  }

  void read_post() {
    if (next() == '-' && !digits_at(at_ + 1).empty()) {
      ++at_;
      out_.post = take_number();
      return;
    }
    static constexpr std::array<std::string_view, 3> kWords = {"post", "rev", "r"};
    std::string number;
    if (take_word(kWords, number)) out_.post = number;
  }

  void read_dev() {
    static constexpr std::array<std::string_view, 1> kWords = {"dev"};
    std::string number;
    if (take_word(kWords, number)) out_.dev = number;
  }

  void read_local() {
    if (next() != '+') return;
    std::size_t place = at_ + 1;
    std::string local;
    while (true) {
      std::size_t end = place;
      while (end < text_.size() && is_alphanumeric(text_[end])) ++end;
      if (end == place) return;
      const std::string_view part = text_.substr(place, end - place);
      if (!local.empty()) local += '.';
      if (std::all_of(part.begin(), part.end(), is_digit)) {
        local += without_leading_zeros(part);
      } else {
        for (const char c : part) local += lower(c);
      }
      at_ = end;
      out_.local = local;
      if (!is_separator(next())) return;
      place = at_ + 1;
    }
  }

  std::string_view text_;
  VersionParts& out_;
  std::size_t at_ = 0;
};

bool numbers_fit(const VersionParts& parts) {
  const auto fits = [](const std::string& number) { return number.size() <= kMaxDigits; };
  if (!fits(parts.epoch) || !std::all_of(parts.release.begin(), parts.release.end(), fits)) {
    return false;
  }
  if (parts.pre && !fits(parts.pre->number)) return false;
  if ((parts.post && !fits(*parts.post)) || (parts.dev && !fits(*parts.dev))) return false;
  std::size_t run = 0;
  for (const char c : parts.local) {
    run = c == '.' ? 0 : run + 1;
    if (run > kMaxDigits) return false;
  }
  return true;
}

struct Problem {
  std::string what;
  std::size_t offset = 0;
};

/// Reads the whole of `text`, which has no spaces around it.
std::optional<Problem> read_all_of(std::string_view text, VersionParts& parts) {
  if (text.empty()) return Problem{"a version is empty"};
  if (text.size() > kMaxLength) return Problem{"a version is too long"};
  const std::size_t skip = lower(text.front()) == 'v' ? 1 : 0;
  const std::size_t length = read_version(text.substr(skip), parts);
  if (length == 0) return Problem{"a version begins with a number", skip};
  if (skip + length != text.size()) {
    std::size_t end = skip + length + 1;
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) ++end;
    const std::string_view found = text.substr(skip + length, end - skip - length);
    return Problem{fmt::format("expected the end, found `{}`", printable_name(found)),
                   skip + length};
  }
  if (!numbers_fit(parts)) return Problem{"a number is too long"};
  return std::nullopt;
}

void append_number(std::string_view number, std::string& out) {
  if (number == "0") number = {};
  out += static_cast<char>(number.size());
  out += number;
}

void append_local(std::string_view local, std::string& out) {
  while (!local.empty()) {
    const std::size_t length = std::min(local.find('.'), local.size());
    const std::string_view part = local.substr(0, length);
    if (std::all_of(part.begin(), part.end(), is_digit)) {
      out += kNumber;
      append_number(part, out);
    } else {
      out += kWord;
      out.append(part) += kEnd;
    }
    local.remove_prefix(std::min(length + 1, local.size()));
  }
  out += kEnd;
}

}  // namespace

std::string VersionParts::render() const {
  std::string out;
  if (epoch != "0") out += epoch + "!";
  out += fmt::format("{}", fmt::join(release, "."));
  if (pre) out += pre->phase + pre->number;
  if (post) out += ".post" + *post;
  if (dev) out += ".dev" + *dev;
  if (!local.empty()) out += "+" + local;
  return out;
}

std::size_t read_version(std::string_view text, VersionParts& parts) {
  parts = {};
  return Reader(text, parts).read();
}

VersionKey make_version_key(const VersionParts& parts) {
  VersionKey key;
  std::string& out = key.bytes;
  append_number(parts.epoch, out);
  std::size_t count = parts.release.size();
  while (count > 0 && parts.release[count - 1] == "0") --count;
  for (std::size_t i = 0; i < count; ++i) {
    out += kMore;
    append_number(parts.release[i], out);
  }
  out += kEnd;
  if (parts.pre) {
    out += static_cast<char>(parts.pre->phase == "a" ? 2 : parts.pre->phase == "b" ? 3 : 4);
    append_number(parts.pre->number, out);
  } else {
    out += parts.dev && !parts.post ? kDevOnly : kFinal;
  }
  key.final_size = out.size();
  out += parts.post ? kSome : kNone;
  if (parts.post) append_number(*parts.post, out);
  out += parts.dev ? kBefore : kAfter;
  if (parts.dev) append_number(*parts.dev, out);
  key.public_size = out.size();
  append_local(parts.local, out);
  return key;
}

PythonVersion PythonVersion::parse(std::string_view text) {
  VersionParts parts;
  const std::string_view trimmed = trim(text, " \t\n\r\f\v");
  if (const auto problem = read_all_of(trimmed, parts)) {
    const std::size_t start = trimmed.empty() ? 0 : trimmed.data() - text.data();
    throw Error(ErrorKind::kFailed,
                fmt::format("{} in the version `{}`", problem->what, printable_name(text)))
        .at({"", 1, static_cast<int>(start + problem->offset) + 1, std::string(text), 1});
  }
  return *find(text);
}

std::optional<PythonVersion> PythonVersion::find(std::string_view text) {
  VersionParts parts;
  text = trim(text, " \t\n\r\f\v");
  if (read_all_of(text, parts)) return std::nullopt;
  PythonVersion out;
  out.text_ = text;
  VersionKey key = make_version_key(parts);
  out.key_ = std::move(key.bytes);
  out.public_size_ = key.public_size;
  out.prerelease_ = parts.pre || parts.dev;
  return out;
}

VersionParts PythonVersion::parts() const {
  VersionParts parts;
  read_all_of(text_, parts);
  return parts;
}

}  // namespace kasane::resolver::pypi
