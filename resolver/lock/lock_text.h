#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace kasane::resolver {

/// The text of a lock and its name, to make errors that point into it. Borrows both. Lines are
/// shown without the credentials of URLs in them.
class LockText {
 public:
  LockText(std::string_view text, std::string_view file_name)
      : text_(text), file_name_(file_name) {}

  std::string_view text() const { return text_; }
  std::string_view file_name() const { return file_name_; }

  /// An Error of kind kFailed. Line and column count from 1.
  Error error_at(int line, int column, int length, std::string message) const;
  Error error_at(ErrorKind kind, int line, int column, int length, std::string message) const;
  /// An Error about the file as a whole.
  Error error(ErrorKind kind, std::string message) const;

  /// Throws when the text still holds the markers that git leaves in a file with conflicts.
  void refuse_conflict_markers() const;

 private:
  std::string_view text_;
  std::string_view file_name_;
};

}  // namespace kasane::resolver
