#include "resolver/conda/version.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

/// How keys are made. A version is a list of segments (the epoch is the first), a segment a list of
/// numbers and words; whatever is missing counts as 0, words are less than 0, `post` is more than
/// any number. So a list is written as its items that are not 0, each after a token that tells how
/// many zeros were skipped and whether the item is less or more than 0, and kEnd. Tokens sort so:
///
///   an item below 0 after 0, 1, 2… zeros  <  kEnd  <  …2, 1, 0 zeros and an item above 0
///
/// which is how lists compare when they are padded with zeros for ever. Segments within a version
/// and items within a segment are both written in that way.
namespace kasane::resolver {
namespace {

constexpr std::size_t kMaxLength = 1000;
constexpr std::size_t kMaxDigits = 250;
constexpr std::size_t kShortRun = 0x3c;
constexpr char kWordEnd = 0x00;
constexpr char kEnd = static_cast<char>(0x80);
constexpr char kPost = static_cast<char>(0xff);
constexpr std::string_view kAboveAll = "\xff";

bool is_digit(char c) { return c >= '0' && c <= '9'; }

struct Item {
  enum class Kind { kNumber, kWord, kPost };
  Kind kind;
  /// A number's digits without leading zeros, so nothing for 0.
  std::string_view text;

  bool zero() const { return kind == Kind::kNumber && text.empty(); }
};

using Segment = std::vector<Item>;

struct Parsed {
  std::string lowered;
  std::vector<Segment> main;
  std::vector<Segment> local;
};

struct Problem {
  std::string what;
  std::size_t offset = 0;
  std::size_t length = 1;
};

bool is_version_character(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || c == '.' || c == '_' || c == '+' || c == '!' ||
         c == '*';
}

/// '0': digits, '*': stars, 'a': all else, which is one run each.
char run_kind(char c) { return is_digit(c) ? '0' : c == '*' ? '*' : 'a'; }

Item make_item(std::string_view run) {
  if (is_digit(run.front())) {
    run.remove_prefix(std::min(run.find_first_not_of('0'), run.size()));
    return {Item::Kind::kNumber, run};
  }
  if (run == "post") return {Item::Kind::kPost, run};
  // In upper case it is below all other words, which are in lower case.
  if (run == "dev") return {Item::Kind::kWord, "DEV"};
  return {Item::Kind::kWord, run};
}

class Parser {
 public:
  Parser(std::string_view text, Parsed& out) : out_(out) {
    std::string& lowered = out.lowered;
    lowered = lower(trim(text));
    if (lowered.find('_') == std::string::npos)
      std::replace(lowered.begin(), lowered.end(), '-', '_');
    begin_ = lowered.data();
  }

  std::optional<Problem> parse() {
    std::string_view text = out_.lowered;
    if (text.empty()) return Problem{"a version is empty", 0, 1};
    if (text.size() > kMaxLength) return Problem{"a version is too long", 0, 1};
    const auto foreign = std::find_if_not(text.begin(), text.end(), is_version_character);
    if (foreign != text.end()) {
      return at("a version has no place for `{}`", text.substr(foreign - text.begin(), 1));
    }
    std::string_view epoch = "0";
    if (const std::size_t mark = text.find('!'); mark != std::string_view::npos) {
      epoch = text.substr(0, mark);
      if (text.find('!', mark + 1) != std::string_view::npos) {
        return at("a version has one epoch, found a second `{}`",
                  text.substr(text.find('!', mark + 1), 1));
      }
      if (epoch.empty() || !std::all_of(epoch.begin(), epoch.end(), is_digit)) {
        return at("expected a number before `!`, found `{}`", epoch);
      }
      text = text.substr(mark + 1);
    }
    return parse_parts(epoch, text);
  }

 private:
  std::optional<Problem> parse_parts(std::string_view epoch, std::string_view text) {
    const std::size_t plus = text.find('+');
    const std::string_view main = text.substr(0, plus);
    if (main.empty()) return at("expected a version before `+`", text.substr(0, 1));
    if (auto problem = add_segment(epoch, out_.main)) return problem;
    if (auto problem = add_segments(main, main.ends_with('_'), out_.main)) return problem;
    if (plus == std::string_view::npos) return std::nullopt;
    const std::string_view local = text.substr(plus + 1);
    if (const std::size_t second = local.find('+'); second != std::string_view::npos) {
      return at("a version has one local part, found a second `{}`", local.substr(second, 1));
    }
    return add_segments(local, false, out_.local);
  }

  /// With `keep_underscore`, one at the very end belongs to the last segment, as for openssl's
  /// versions.
  std::optional<Problem> add_segments(std::string_view text, bool keep_underscore,
                                      std::vector<Segment>& out) {
    while (true) {
      std::size_t end = text.find_first_of("._");
      if (keep_underscore && end == text.size() - 1) end = std::string_view::npos;
      if (auto problem = add_segment(text.substr(0, end), out)) return problem;
      if (end == std::string_view::npos) return std::nullopt;
      text = text.substr(end + 1);
    }
  }

  std::optional<Problem> add_segment(std::string_view text, std::vector<Segment>& out) {
    if (text.empty()) return at("a part of a version is empty", text);
    Segment& segment = out.emplace_back();
    if (!is_digit(text.front())) segment.push_back({Item::Kind::kNumber, {}});
    while (!text.empty()) {
      std::size_t length = 1;
      while (length < text.size() && run_kind(text[length]) == run_kind(text[0])) ++length;
      segment.push_back(make_item(text.substr(0, length)));
      if (segment.back().kind == Item::Kind::kNumber && segment.back().text.size() > kMaxDigits) {
        return at("a number in a version is too long", text.substr(0, 1));
      }
      text.remove_prefix(length);
    }
    return std::nullopt;
  }

  Problem at(std::string_view format, std::string_view part) const {
    const auto offset = static_cast<std::size_t>(part.data() - begin_);
    return {fmt::format(fmt::runtime(format), part), offset, std::max<std::size_t>(part.size(), 1)};
  }

  Parsed& out_;
  const char* begin_ = nullptr;
};

/// A token: `zeros` were skipped, and what comes is above or below 0.
void append_token(std::size_t zeros, bool above, std::string& out) {
  if (zeros < kShortRun) {
    out += static_cast<char>(above ? 0xfe - zeros : 0x02 + zeros);
    return;
  }
  const std::size_t rest = above ? 0xffff - zeros : zeros;
  out += static_cast<char>(above ? 0xc1 : 0x3e);
  out += static_cast<char>(rest >> 8);
  out += static_cast<char>(rest & 0xff);
}

bool is_above(const Segment& segment) {
  for (const Item& item : segment) {
    if (!item.zero()) return item.kind != Item::Kind::kWord;
  }
  return false;
}

bool is_zero(const Segment& segment) {
  return std::all_of(segment.begin(), segment.end(), [](const Item& item) { return item.zero(); });
}

void append_item(const Item& item, bool whole_word, std::string& out) {
  switch (item.kind) {
    case Item::Kind::kPost:
      out += kPost;
      return;
    case Item::Kind::kNumber:
      out += static_cast<char>(item.text.size());
      out += item.text;
      return;
    case Item::Kind::kWord:
      out += item.text;
      if (whole_word) out += kWordEnd;
      return;
  }
}

/// The items of a segment without kEnd; returns how many zeros stand at its end.
std::size_t append_items(const Segment& segment, bool whole_last_word, std::string& out) {
  std::size_t zeros = 0;
  for (std::size_t i = 0; i < segment.size(); ++i) {
    if (segment[i].zero()) {
      ++zeros;
      continue;
    }
    append_token(zeros, segment[i].kind != Item::Kind::kWord, out);
    append_item(segment[i], whole_last_word || i + 1 < segment.size(), out);
    zeros = 0;
  }
  return zeros;
}

/// Segments that are not zero, without the end of the list; returns how many zero ones are left.
std::size_t append_segments(const Segment* begin, const Segment* end, std::string& out) {
  std::size_t zeros = 0;
  for (const Segment* segment = begin; segment != end; ++segment) {
    if (is_zero(*segment)) {
      ++zeros;
      continue;
    }
    append_token(zeros, is_above(*segment), out);
    append_items(*segment, true, out);
    out += kEnd;
    zeros = 0;
  }
  return zeros;
}

void append_list(const std::vector<Segment>& segments, std::string& out) {
  append_segments(segments.data(), segments.data() + segments.size(), out);
  out += kEnd;
}

KeyInterval find_prefix(const Parsed& parsed) {
  KeyInterval out;
  const std::vector<Segment>* segments = &parsed.main;
  if (!parsed.local.empty()) {
    append_list(parsed.main, out.low);
    segments = &parsed.local;
  }
  const Segment& last = segments->back();
  const std::size_t zero_segments =
      append_segments(segments->data(), segments->data() + segments->size() - 1, out.low);
  if (is_zero(last)) {
    // Below the words in the rest of this segment, above it the first number in its place.
    out.high = out.low;
    append_token(zero_segments, false, out.low);
    append_token(last.size(), false, out.low);
    append_token(zero_segments, true, out.high);
    append_token(last.size() - 1, true, out.high);
    return out;
  }
  append_token(zero_segments, is_above(last), out.low);
  const std::size_t zeros = append_items(last, false, out.low);
  out.high = out.low;
  if (zeros == 0) {
    out.high += kAboveAll;
  } else {
    append_token(zeros, false, out.low);
    append_token(zeros - 1, true, out.high);
  }
  return out;
}

void append_key(const Parsed& parsed, std::string& out) {
  append_list(parsed.main, out);
  append_list(parsed.local, out);
}

}  // namespace

CondaVersion CondaVersion::parse(std::string_view text) {
  Parsed parsed;
  if (const auto problem = Parser(text, parsed).parse()) {
    const std::size_t start = std::min(text.find_first_not_of(" \t\r\n"), text.size());
    throw Error(ErrorKind::kFailed, fmt::format("{} in the version `{}`", problem->what, text))
        .at({"", 1, static_cast<int>(start + problem->offset) + 1, std::string(text),
             static_cast<int>(problem->length)});
  }
  CondaVersion out;
  out.text_ = trim(text);
  append_key(parsed, out.key_);
  out.prefix_ = find_prefix(parsed);
  return out;
}

std::optional<CondaVersion> CondaVersion::find(std::string_view text) {
  Parsed parsed;
  if (Parser(text, parsed).parse()) return std::nullopt;
  CondaVersion out;
  out.text_ = trim(text);
  append_key(parsed, out.key_);
  out.prefix_ = find_prefix(parsed);
  return out;
}

bool append_version_key(std::string_view text, std::string& out) {
  Parsed parsed;
  if (Parser(text, parsed).parse()) return false;
  append_key(parsed, out);
  return true;
}

}  // namespace kasane::resolver
