#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace kasane::resolver {

/// The tokens of a piece of JSON, in order, without a tree: where simdjson's first stage found
/// braces, brackets, colons, commas, strings and other values begin. That stage has checked the
/// encoding, control characters and that strings end; whoever takes tokens checks their order, and
/// through the calls here all else. simdjson's second stage cannot begin in the middle of an
/// object. Not thread-safe.
class JsonTokens {
 public:
  JsonTokens();
  ~JsonTokens();
  JsonTokens(JsonTokens&&) noexcept;

  /// Begins with another text, which is borrowed and read no further than its end. Text that
  /// cannot be cut into tokens is an Error of kind kIntegrity.
  void open(std::string_view text);

  bool at_end() const { return next_ == end_; }
  /// The first character of the next token; 0 at the end.
  char peek() const { return at_end() ? '\0' : text_[*next_]; }
  /// Where the next token begins; not at the end.
  std::size_t offset() const { return *next_; }
  /// Takes a token, whose first character must be `c`.
  void expect(char c) {
    if (peek() != c) fail_expecting(c);
    ++next_;
  }
  /// True, and it is taken, when the next token begins with `c`.
  bool take(char c) {
    if (peek() != c) return false;
    ++next_;
    return true;
  }
  /// Takes a string; what it stands for. Valid until the next string with an escape is taken.
  std::string_view take_string() {
    if (peek() != '"') fail_expecting('"');
    const std::string_view text = take_token();
    return escapes_ ? unescape(text) : text.substr(1, text.size() - 2);
  }
  /// Takes a value of any kind, whole.
  void skip_value() {
    if (peek() == '"' && !escapes_) {
      ++next_;
    } else {
      skip_nested(0);
    }
  }

  /// An Error of kind kIntegrity about the place of the next token.
  [[noreturn]] void fail(std::string_view expected) const;

 private:
  static bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }
  /// Without spaces behind it.
  std::string_view take_token();
  std::string_view unescape(std::string_view token);
  void skip_nested(int depth);
  void skip_scalar();
  [[noreturn]] void fail_expecting(char c) const;

  struct Stage;
  std::unique_ptr<Stage> stage_;
  const char* text_ = nullptr;
  const std::uint32_t* next_ = nullptr;
  const std::uint32_t* end_ = nullptr;
  /// Whether there is any backslash in the text.
  bool escapes_ = false;
  std::string unescaped_;
  std::string scratch_;
};

inline std::string_view JsonTokens::take_token() {
  const std::uint32_t begin = *next_++;
  // Behind the last token stands the size of the text.
  std::uint32_t end = *next_;
  while (end - begin > 1 && is_space(text_[end - 1])) --end;
  return {text_ + begin, end - begin};
}

}  // namespace kasane::resolver
