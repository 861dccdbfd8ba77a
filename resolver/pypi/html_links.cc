#include "resolver/pypi/html_links.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "resolver/pypi/quoted_text.h"

namespace kasane::resolver::pypi {
namespace {

using Attributes = std::map<std::string, std::string, std::less<>>;

bool is_letter(char c) { return lower(c) >= 'a' && lower(c) <= 'z'; }
bool is_space(char c) { return std::string_view(" \t\n\r\f").find(c) != std::string_view::npos; }

/// What the reference between `&` and `;` stands for.
std::optional<std::string> find_reference(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kNames = {
      {{"amp", "&"},
       {"lt", "<"},
       {"gt", ">"},
       {"quot", "\""},
       {"apos", "'"},
       {"nbsp", "\xC2\xA0"}}};
  for (const auto& [known, meaning] : kNames) {
    if (known == name) return std::string(meaning);
  }
  if (!name.starts_with('#') || name.size() < 2) return std::nullopt;
  const bool hex = lower(name[1]) == 'x';
  const std::string_view digits = name.substr(hex ? 2 : 1);
  std::uint32_t code = 0;
  const auto [end, failure] =
      std::from_chars(digits.data(), digits.data() + digits.size(), code, hex ? 16 : 10);
  if (failure != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return encode_utf8(code);
}

std::string replace_references(std::string_view text) {
  std::string out;
  while (true) {
    const std::size_t mark = text.find('&');
    out += text.substr(0, mark);
    if (mark == std::string_view::npos) return out;
    text.remove_prefix(mark);
    const std::size_t end = text.substr(0, 12).find(';');
    const auto meaning =
        end == std::string_view::npos ? std::nullopt : find_reference(text.substr(1, end - 1));
    out += meaning.value_or("&");
    text.remove_prefix(meaning ? end + 1 : 1);
  }
}

/// Goes through a page from tag to tag.
class HtmlReader {
 public:
  explicit HtmlReader(std::string_view text) : text_(text) {}

  HtmlLinks read() {
    while (find_tag()) {
      if (skip_declaration()) continue;
      const bool closes = take('/');
      const std::string name = read_name();
      Attributes attributes = read_attributes();
      if (closes) continue;
      seen_tag_ = true;
      take_up(name, std::move(attributes));
      if (name == "script" || name == "style" || name == "title" || name == "textarea") {
        skip_raw_text(name);
      }
    }
    if (!seen_tag_) throw Error(ErrorKind::kNetwork, "expected an HTML page, found no tags in it");
    return std::move(out_);
  }

 private:
  char next() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool at_end() const { return at_ >= text_.size(); }
  bool take(char c) {
    if (at_end() || next() != c) return false;
    ++at_;
    return true;
  }
  void skip_space() {
    while (!at_end() && is_space(next())) ++at_;
  }
  [[noreturn]] static void fail_within_tag() {
    throw Error(ErrorKind::kNetwork, "the HTML page ends within a tag");
  }

  /// Moves behind the next `<` that begins something.
  bool find_tag() {
    while (true) {
      at_ = text_.find('<', at_);
      if (at_ == std::string_view::npos) return false;
      ++at_;
      const char c = next();
      if (is_letter(c) || c == '!' || c == '?') return true;
      if (c == '/' && at_ + 1 < text_.size() && is_letter(text_[at_ + 1])) return true;
    }
  }

  /// Comments, `<!DOCTYPE …>` and `<?xml …>`.
  bool skip_declaration() {
    if (next() != '!' && next() != '?') return false;
    const bool comment = text_.substr(at_).starts_with("!--");
    const std::size_t end = comment ? text_.find("-->", at_ + 1) : text_.find('>', at_);
    if (end == std::string_view::npos) fail_within_tag();
    at_ = end + (comment ? 3 : 1);
    return true;
  }

  std::string read_name() {
    const std::size_t start = at_;
    while (!at_end() && !is_space(next()) && next() != '>' && next() != '/') ++at_;
    return lower(text_.substr(start, at_ - start));
  }

  Attributes read_attributes() {
    Attributes out;
    while (true) {
      skip_space();
      while (take('/')) skip_space();
      if (take('>')) return out;
      if (at_end()) fail_within_tag();
      const std::size_t start = at_;
      while (!at_end() && !is_space(next()) && next() != '>' && next() != '/' &&
             (next() != '=' || at_ == start)) {
        ++at_;
      }
      std::string name = lower(text_.substr(start, at_ - start));
      skip_space();
      std::string value = take('=') ? read_value() : std::string();
      out.emplace(std::move(name), std::move(value));
    }
  }

  std::string read_value() {
    skip_space();
    const char mark = next();
    if (mark == '"' || mark == '\'') {
      const std::size_t start = ++at_;
      at_ = text_.find(mark, start);
      if (at_ == std::string_view::npos) fail_within_tag();
      return replace_references(text_.substr(start, at_++ - start));
    }
    const std::size_t start = at_;
    while (!at_end() && !is_space(next()) && next() != '>') ++at_;
    return replace_references(text_.substr(start, at_ - start));
  }

  void take_up(const std::string& name, Attributes attributes) {
    if (name == "a") {
      out_.links.push_back({std::move(attributes)});
    } else if (name == "base" && !out_.base && attributes.contains("href")) {
      out_.base = attributes["href"];
    } else if (name == "meta" && attributes.contains("name")) {
      out_.meta.emplace(lower(attributes["name"]), attributes["content"]);
    }
  }

  void skip_raw_text(const std::string& name) {
    while ((at_ = text_.find("</", at_)) != std::string_view::npos) {
      at_ += 2;
      if (lower(text_.substr(at_, name.size())) == name) {
        at_ -= 2;
        return;
      }
    }
    fail_within_tag();
  }

  std::string_view text_;
  std::size_t at_ = 0;
  bool seen_tag_ = false;
  HtmlLinks out_;
};

}  // namespace

std::optional<std::string_view> HtmlLink::find(std::string_view name) const {
  const auto found = attributes.find(name);
  if (found == attributes.end()) return std::nullopt;
  return found->second;
}

HtmlLinks HtmlLinks::parse(std::string_view text) { return HtmlReader(text).read(); }

}  // namespace kasane::resolver::pypi
