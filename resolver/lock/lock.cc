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

Lock read_lock(std::string_view text, std::string_view file_name, const LockSelection& selection) {
  Lock lock{.format = LockFormat::kCondaLock,
            .platform = selection.platform,
            .packages = {},
            .channels = {},
            .sources = {},
            .content_hash = "",
            .credentials = {},
            .sha256 = Digest::of(text)};
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
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
