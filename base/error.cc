#include "base/error.h"

#include <cerrno>
#include <cstring>

#include <fmt/format.h>

namespace kasane {

Error&& Error::context(std::string line) && {
  context_.push_back(std::move(line));
  return std::move(*this);
}

Error&& Error::hint(std::string text) && {
  hint_ = std::move(text);
  return std::move(*this);
}

Error&& Error::at(SourcePlace place) && {
  place_ = std::move(place);
  return std::move(*this);
}

std::string Error::render() const {
  std::string out;
  if (place_.file.empty()) {
    out = fmt::format("error: {}\n", message_);
  } else {
    out = place_.file;
    if (place_.line > 0) out += fmt::format(":{}", place_.line);
    if (place_.line > 0 && place_.column > 0) out += fmt::format(":{}", place_.column);
    out += fmt::format(": {}\n", message_);
    if (!place_.text.empty()) {
      const std::string number = fmt::format("{:>5} | ", place_.line);
      out += number + place_.text + "\n";
      if (place_.column > 0) {
        const std::string gap(number.size() - 2 + place_.column - 1, ' ');
        out += std::string(number.size() - 2, ' ') + "| " + gap.substr(number.size() - 2) +
               std::string(place_.length, '^') + "\n";
      }
    }
  }
  for (const std::string& line : context_) out += fmt::format("  {}\n", line);
  if (!hint_.empty()) out += fmt::format("hint: {}\n", hint_);
  return out;
}

Error system_error(std::string_view what) {
  const int number = errno;
  Error error(ErrorKind::kFailed, fmt::format("{}: {}", what, std::strerror(number)));
  if (number == ENOSPC || number == EDQUOT) {
    return std::move(error).hint("free some disk space, or move the cache with `KASANE_HOME`");
  }
  return error;
}

}  // namespace kasane
