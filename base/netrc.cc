#include "base/netrc.h"

#include <algorithm>
#include <utility>

namespace kasane {
namespace {

constexpr std::string_view kSpaces = " \t\r\n";

/// Words of a netrc file: quoted ones may hold spaces, `#` begins a comment.
class WordReader {
 public:
  explicit WordReader(std::string_view text) : rest_(text) {}

  std::optional<std::string> next() {
    while (true) {
      const std::size_t start = rest_.find_first_not_of(kSpaces);
      if (start == std::string_view::npos) return std::nullopt;
      rest_.remove_prefix(start);
      if (rest_.front() != '#') break;
      skip_line();
    }
    return rest_.front() == '"' ? quoted() : plain();
  }

  /// Over the body of a macro, which an empty line ends.
  void skip_macro() {
    const std::size_t end = std::min(rest_.find("\n\n"), rest_.find("\n\r\n"));
    rest_.remove_prefix(std::min(end, rest_.size()));
  }

 private:
  void skip_line() { rest_.remove_prefix(std::min(rest_.find('\n'), rest_.size())); }

  std::string plain() {
    std::string word(rest_.substr(0, rest_.find_first_of(kSpaces)));
    rest_.remove_prefix(word.size());
    return word;
  }

  std::string quoted() {
    std::string word;
    rest_.remove_prefix(1);
    while (!rest_.empty() && rest_.front() != '"') {
      if (rest_.front() == '\\' && rest_.size() > 1) rest_.remove_prefix(1);
      word += rest_.front();
      rest_.remove_prefix(1);
    }
    if (!rest_.empty()) rest_.remove_prefix(1);
    return word;
  }

  std::string_view rest_;
};

}  // namespace

Netrc Netrc::parse(std::string_view text) {
  Netrc out;
  WordReader words(text);
  bool inside = false;
  while (auto word = words.next()) {
    if (*word == "machine") {
      auto host = words.next();
      inside = host.has_value();
      if (host) out.entries_.push_back({std::move(*host), {}});
    } else if (*word == "default") {
      inside = true;
      out.entries_.push_back({});
    } else if (*word == "macdef") {
      inside = false;
      words.skip_macro();
    } else if (inside && (*word == "login" || *word == "password" || *word == "account")) {
      UserInfo& user = out.entries_.back().user;
      std::string value = words.next().value_or("");
      if (*word == "login") {
        user.user = std::move(value);
      } else if (*word == "password") {
        user.password = std::move(value);
      }
    } else {
      inside = false;
    }
  }
  return out;
}

std::optional<UserInfo> Netrc::find(std::string_view host) const {
  for (const Entry& entry : entries_) {
    if (entry.host == host) return entry.user;
  }
  for (const Entry& entry : entries_) {
    if (entry.host.empty()) return entry.user;
  }
  return std::nullopt;
}

}  // namespace kasane
