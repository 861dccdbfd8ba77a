#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/file_system.h"

namespace kasane::resolver {

/// The text of one file that a person wrote, and its name, to make places and errors that point
/// into it. It is UTF-8 without byte order mark. Lines and columns count from 1, columns in bytes;
/// places that come out of it count characters. Lines are shown without the credentials of URLs.
class SpecText {
 public:
  SpecText(std::string file_name, std::string text);

  /// Reads a file. UTF-16, which Windows' tools write, is turned into UTF-8. What is missing, a
  /// directory, empty, too long or not text is an Error of kind kUsage.
  static SpecText read(FileSystem& files, const Path& path);
  /// The same, of bytes that were read already.
  static SpecText decode(std::string file_name, std::string bytes);

  const std::string& file_name() const { return file_name_; }
  std::string_view text() const { return text_; }
  int line_count() const { return static_cast<int>(starts_.size()); }
  /// Without its end; empty where there is no such line.
  std::string_view line(int number) const;
  /// Where a line begins in text().
  std::size_t offset(int line) const { return starts_[static_cast<std::size_t>(line) - 1]; }

  SourcePlace place(int line, int column = 0, int length = 1) const;
  /// The whole of a line but for the space around it.
  SourcePlace place_of_line(int line) const;
  /// An Error of kind kFailed about the file as a whole.
  Error error(std::string message) const;

  /// Throws when the text still holds the markers that git leaves in a file with conflicts.
  void refuse_conflict_markers() const;

 private:
  std::string file_name_;
  std::string text_;
  std::vector<std::size_t> starts_;
};

/// An Error of kind kFailed at a place.
Error error_at(SourcePlace place, std::string message);

/// `FILE:LINE`
std::string render_place(const SourcePlace& place);

}  // namespace kasane::resolver
