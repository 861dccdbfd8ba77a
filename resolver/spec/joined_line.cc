#include "resolver/spec/joined_line.h"

#include <algorithm>

namespace kasane::resolver {

SourcePlace JoinedLine::place(std::size_t offset, std::size_t length) const {
  const auto after = std::find_if(pieces_.begin() + 1, pieces_.end(),
                                  [&](const Piece& piece) { return piece.offset > offset; });
  const Piece& piece = *(after - 1);
  const std::size_t column = offset - piece.offset;
  const std::size_t rest = text_->line(piece.line).size();
  const std::size_t shown = std::min(length, rest > column ? rest - column : 1);
  return text_->place(piece.line, static_cast<int>(column) + 1, static_cast<int>(shown));
}

}  // namespace kasane::resolver
