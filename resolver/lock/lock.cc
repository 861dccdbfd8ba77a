#include "resolver/lock/lock.h"

#include "resolver/lock/conda_lock.h"
#include "resolver/lock/explicit_list.h"
#include "resolver/lock/lock_text.h"

namespace kasane::resolver {

std::string LockedPackage::file_name() const {
  return percent_decode(std::string_view(url).substr(url.rfind('/') + 1));
}

const UrlCredentials* Lock::find_credentials(std::string_view url) const {
  const auto found = credentials.find(std::string(url.substr(0, url.rfind('/') + 1)));
  return found == credentials.end() ? nullptr : &found->second;
}

namespace {

std::string_view without_mark(std::string_view text) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  return text;
}

/// Whether a line of a YAML text is this key of its outermost map.
bool has_top_key(std::string_view text, std::string_view key) {
  for (std::size_t at = text.find(key); at != std::string_view::npos; at = text.find(key, at + 1)) {
    const bool at_start = at == 0 || text[at - 1] == '\n';
    const std::string_view rest = text.substr(at + key.size());
    if (at_start && rest.starts_with(':')) return true;
  }
  return false;
}

}  // namespace

std::vector<std::string> read_lock_platforms(std::string_view text, std::string_view file_name) {
  text = without_mark(text);
  if (is_explicit_list(text)) return {};
  return read_conda_lock_platforms(LockText(text, file_name));
}

bool is_lock(std::string_view text) {
  text = without_mark(text);
  return is_explicit_list(text) || (has_top_key(text, "version") && has_top_key(text, "package"));
}

Lock read_lock(std::string_view text, std::string_view file_name, const LockSelection& selection) {
  Lock lock{.format = LockFormat::kCondaLock,
            .platform = selection.platform,
            .packages = {},
            .channels = {},
            .sources = {},
            .content_hash = "",
            .credentials = {},
            .sha256 = Digest::of(text)};
  text = without_mark(text);
  const LockText place(text, file_name);
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    throw place.error(ErrorKind::kUsage, "expected a lock, found an empty file")
        .hint("make one with `kasane lock environment.yml`");
  }
  if (is_explicit_list(text)) {
    lock.format = LockFormat::kExplicit;
    read_explicit_list(place, selection, lock);
  } else {
    read_conda_lock(place, selection, lock);
  }
  return lock;
}

}  // namespace kasane::resolver
