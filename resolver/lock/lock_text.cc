#include "resolver/lock/lock_text.h"

#include <algorithm>

#include "resolver/conda/url_credentials.h"

namespace kasane::resolver {
namespace {

constexpr std::size_t kMaxShown = 200;

std::string_view find_line(std::string_view text, int number) {
  for (int line = 1; line < number && !text.empty(); ++line) {
    text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  }
  text = text.substr(0, text.find('\n'));
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

bool is_printable(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7f;
  });
}

}  // namespace

Error LockText::error_at(ErrorKind kind, int line, int column, int length,
                         std::string message) const {
  SourcePlace place{std::string(file_name_), line, column, "", std::max(length, 1)};
  std::string shown(find_line(text_, line));
  const std::string redacted = redact_urls(shown);
  const auto differs = std::mismatch(shown.begin(), shown.end(), redacted.begin(), redacted.end());
  const auto same = static_cast<std::size_t>(differs.first - shown.begin());
  const std::size_t end = static_cast<std::size_t>(std::max(column, 1)) - 1 + place.length;
  if (shown != redacted && end > same) place.length = 1;
  const bool stays = shown == redacted || same >= static_cast<std::size_t>(std::max(column, 1));
  if (stays && end <= kMaxShown && is_printable(shown)) {
    place.text = redacted.substr(0, kMaxShown);
  }
  return Error(kind, std::move(message)).at(std::move(place));
}

Error LockText::error_at(int line, int column, int length, std::string message) const {
  return error_at(ErrorKind::kFailed, line, column, length, std::move(message));
}

Error LockText::error(ErrorKind kind, std::string message) const {
  return Error(kind, std::move(message)).at({std::string(file_name_), 0, 0, "", 1});
}

void LockText::refuse_conflict_markers() const {
  int line = 0;
  for (std::string_view rest = text_; !rest.empty();) {
    ++line;
    const std::string_view text = rest.substr(0, rest.find('\n'));
    if (text.starts_with("<<<<<<< ") || text.starts_with(">>>>>>> ")) {
      throw error_at(line, 1, 7, "the file holds an unresolved merge conflict")
          .hint("resolve the conflict, or make the lock anew with `kasane lock`");
    }
    rest.remove_prefix(std::min(text.size() + 1, rest.size()));
  }
}

}  // namespace kasane::resolver
