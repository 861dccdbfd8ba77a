#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace kasane::resolver::pypi {

/// Takes a requirement or marker apart from its front; what does not fit is an Error of kind
/// kFailed with the column. Credentials in a URL are blotted out of what errors show. Borrows the
/// text.
class TextReader {
 public:
  /// `kind` is what the whole text is (`requirement`), for messages.
  TextReader(std::string_view text, std::string_view kind) : text_(text), kind_(kind) {}

  std::size_t place() const { return at_; }
  std::string_view rest() const { return text_.substr(at_); }
  bool at_end() const { return at_ == text_.size(); }
  char next() const { return at_end() ? '\0' : text_[at_]; }
  void advance(std::size_t count) { at_ += count; }
  /// Spaces and tabs; line breaks are no space here.
  void skip_space();
  bool take(char c);
  /// Takes `word` where no letter, digit or `_` comes behind it.
  bool take_word(std::string_view word);

  /// Expected was `what`; what is found stands at the present place.
  [[noreturn]] void fail_expecting(std::string_view what) const;
  [[noreturn]] void fail(std::string_view message, std::size_t place, std::size_t length) const;

 private:
  std::string_view text_;
  std::string_view kind_;
  std::size_t at_ = 0;
};

}  // namespace kasane::resolver::pypi
