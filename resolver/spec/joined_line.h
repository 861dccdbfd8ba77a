#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "resolver/spec/spec_text.h"

namespace kasane::resolver {

/// Lines of a file that are one, since all but the last end in a backslash; and where each part of
/// the outcome stands. Borrows the file's text.
class JoinedLine {
 public:
  explicit JoinedLine(const SpecText& text) : text_(&text) {}

  void append(std::string_view part, int line) {
    pieces_.push_back({joined_.size(), line});
    joined_ += part;
  }

  bool empty() const { return pieces_.empty(); }
  const std::string& joined() const { return joined_; }
  int first_line() const { return pieces_.front().line; }
  SourcePlace place(std::size_t offset, std::size_t length) const;

 private:
  struct Piece {
    std::size_t offset = 0;
    int line = 0;
  };

  const SpecText* text_;
  std::string joined_;
  std::vector<Piece> pieces_;
};

}  // namespace kasane::resolver
