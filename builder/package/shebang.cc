#include "builder/package/shebang.h"

#include <fmt/format.h>

#include "base/archive/entry_path.h"
#include "base/error.h"

namespace kasane::builder {

std::string python_shebang(std::string_view python) {
  constexpr std::size_t kKernelLimit = 127;
  if (python.find_first_of("\"'$`\\\n\r\t") != std::string_view::npos) {
    throw Error(ErrorKind::kUsage,
                fmt::format("no script can name the interpreter `{}`", printable_name(python)))
        .hint("choose a prefix without quotes, `$`, `\\` and white space");
  }
  if (python.size() + 2 <= kKernelLimit && python.find(' ') == std::string_view::npos) {
    return fmt::format("#!{}\n", python);
  }
  // To the shell the second line is an exec that never returns; to Python lines two and three are a
  // string.
  return fmt::format("#!/bin/sh\n'''exec' \"{}\" \"$0\" \"$@\"\n' '''\n", python);
}

}  // namespace kasane::builder
