#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/stream.h"

namespace kasane::builder {

/// The longest first line with an interpreter that Linux reads in full, without its newline.
inline constexpr std::size_t kLongestShebang = 127;

/// A text file for another prefix: each `placeholder` in `text` becomes `prefix`. A first line `#!`
/// that cannot work then (longer than the kernel reads, or a blank in the interpreter's path)
/// becomes `#!/usr/bin/env NAME`, as conda has it: it works in an activated environment. A result
/// of more than `limit` bytes is an Error of kind kRefused.
std::string replace_prefix_in_text(std::string_view text, std::string_view placeholder,
                                   std::string_view prefix, std::size_t limit);

/// A binary file for another prefix, piece by piece: in each NUL-terminated string that holds
/// `placeholder` (several times, maybe) it becomes `prefix`, and the string is filled up with NULs
/// to its old length, so that nothing else moves. A string that the file's end cuts off is treated
/// the same way. `prefix` may not be longer than `placeholder`. Keeps less than a placeholder's
/// length of the file. Borrows the sink. Not thread-safe.
class BinaryPrefixReplacer final : public ByteSink {
 public:
  BinaryPrefixReplacer(std::string_view placeholder, std::string_view prefix, ByteSink& sink);
  void write(std::string_view bytes) override;
  /// Writes what was kept back. Altogether exactly as many bytes have come out as went in.
  void finish();

 private:
  void copy_shifted(std::string_view bytes);
  void write_padding();

  std::string placeholder_;
  std::string prefix_;
  ByteSink& sink_;
  std::string window_;
  /// How many NULs the end of the present string is owed.
  std::size_t padding_ = 0;
};

}  // namespace kasane::builder
