#include "resolver/lock/explicit_list.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.h"
#include "resolver/lock/package_entry.h"

namespace kasane::resolver {
namespace {

constexpr std::string_view kMarker = "@EXPLICIT";
constexpr std::string_view kPlatform = "# platform:";
constexpr std::string_view kPip = "# pip ";
constexpr std::array<std::string_view, 8> kSystems = {"linux-", "osx-",        "win-",  "freebsd-",
                                                      "zos-",   "emscripten-", "wasi-", "netbsd-"};

/// A part of `line`, which stands in line `number`; it must lie in it.
LockField field_in(std::string_view line, std::string_view part, int number) {
  return {part, number, static_cast<int>(part.data() - line.data()) + 1};
}

class ExplicitReader {
 public:
  ExplicitReader(const LockText& text, const LockSelection& selection, Lock& lock)
      : lock_(lock), collector_(text, selection, lock) {}

  void read_line(std::string_view line, int number) {
    const std::string_view content = trim(line, " \t\r");
    if (content.empty() || content == kMarker) return;
    if (content.starts_with(kPlatform)) {
      read_platform(field_in(line, trim(content.substr(kPlatform.size())), number));
    } else if (content.starts_with(kPip)) {
      read_pip(line, content.substr(kPip.size()), number);
    } else if (content.front() != '#') {
      read_conda(line, content, number);
    }
  }

 private:
  void read_platform(const LockField& field) {
    if (field.value == lock_.platform) return;
    throw collector_
        .error_at(ErrorKind::kUsage, field,
                  fmt::format("the list is for `{}`, but `{}` was asked for", field.value,
                              lock_.platform))
        .hint(fmt::format("build it with `--platform {}`", field.value));
  }

  void read_conda(std::string_view line, std::string_view content, int number) {
    PackageCollector::Entry entry;
    const std::size_t hash_start = std::min(content.find('#'), content.size());
    entry.url = field_in(line, content.substr(0, hash_start), number);
    const std::string_view address = entry.url.value;
    if (address.find_first_of(" \t") != std::string_view::npos) {
      throw collector_.error_at(entry.url, "expected one address of a package in the line")
          .hint("an explicit list holds addresses only; a specification has no `@EXPLICIT` line");
    }
    const std::string_view path = address.substr(0, address.find('?'));
    const std::size_t slash = path.find_last_of("/\\");
    const std::string_view file = path.substr(slash == std::string_view::npos ? 0 : slash + 1);
    check_subdir(line, path.substr(0, path.size() - file.size()), number);
    split_file_name(line, file, number, entry);
    if (hash_start < content.size()) read_hash(line, content.substr(hash_start + 1), number, entry);
    collector_.add(std::move(entry));
  }

  void check_subdir(std::string_view line, std::string_view directory, int number) {
    if (!directory.empty()) directory.remove_suffix(1);
    const std::size_t slash = directory.find_last_of("/\\");
    const std::string_view name = directory.substr(slash == std::string_view::npos ? 0 : slash + 1);
    if (name == lock_.platform || name == "noarch") return;
    const bool subdir = std::any_of(kSystems.begin(), kSystems.end(),
                                    [&](std::string_view s) { return name.starts_with(s); });
    if (subdir) read_platform(field_in(line, name, number));
  }

  void split_file_name(std::string_view line, std::string_view file, int number,
                       PackageCollector::Entry& entry) {
    const LockField whole = field_in(line, file, number);
    std::string_view stem = file;
    if (stem.ends_with(".conda")) {
      stem.remove_suffix(6);
    } else if (stem.ends_with(".tar.bz2")) {
      stem.remove_suffix(8);
    } else {
      throw collector_.error_at(
          whole, fmt::format("expected a package file (`.conda`, `.tar.bz2`), found `{}`", file));
    }
    const std::size_t build = stem.rfind('-');
    const std::size_t version = build == std::string_view::npos || build == 0
                                    ? std::string_view::npos
                                    : stem.rfind('-', build - 1);
    if (version == std::string_view::npos) {
      throw collector_.error_at(
          whole,
          fmt::format("expected a file name like `NAME-VERSION-BUILD.conda`, found `{}`", file));
    }
    entry.name = field_in(line, stem.substr(0, version), number);
    entry.version = field_in(line, stem.substr(version + 1, build - version - 1), number);
    entry.build = field_in(line, stem.substr(build + 1), number);
  }

  void read_hash(std::string_view line, std::string_view text, int number,
                 PackageCollector::Entry& entry) {
    LockField field = field_in(line, text, number);
    if (text.starts_with("sha256:")) {
      field = field_in(line, text.substr(7), number);
      entry.sha256 = field;
    } else if (text.starts_with("md5:")) {
      entry.md5 = field_in(line, text.substr(4), number);
    } else if (text.size() == 64) {
      entry.sha256 = field;
    } else if (text.size() == 32) {
      entry.md5 = field;
    } else if (!text.empty()) {
      throw collector_.error_at(
          ErrorKind::kIntegrity, field,
          fmt::format("expected an md5 or a `sha256:` after `#`, found `{}`", text));
    }
  }

  /// `NAME @ URL`, then `#sha256=HEX` or ` --hash=sha256:HEX`.
  void read_pip(std::string_view line, std::string_view content, int number) {
    PackageCollector::Entry entry;
    entry.package.manager = Manager::kPip;
    const std::size_t at = content.find(" @ ");
    const std::string_view url =
        at == std::string_view::npos ? "" : trim(content.substr(at + 3), " \t\r");
    if (url.empty()) {
      throw collector_
          .error_at(field_in(line, content, number), "expected `# pip NAME @ URL#sha256=HASH`")
          .hint("give the address of a wheel and its hash");
    }
    const std::string_view name = trim(content.substr(0, at), " \t\r");
    entry.name = field_in(line, name.substr(0, name.find('[')), number);
    entry.url = field_in(line, url.substr(0, url.find_first_of("# ")), number);
    const std::string_view file = entry.url.value.substr(entry.url.value.find_last_of('/') + 1);
    const std::size_t dash = file.find('-');
    const std::string_view rest = file.substr(dash < file.size() ? dash + 1 : file.size());
    entry.version = field_in(line, rest.substr(0, rest.find('-')), number);
    for (const std::string_view mark : {"#sha256=", "--hash=sha256:"}) {
      const std::size_t found = url.find(mark);
      if (found == std::string_view::npos) continue;
      const std::string_view hash = url.substr(found + mark.size());
      entry.sha256 = field_in(line, hash.substr(0, hash.find_first_of(" &")), number);
    }
    collector_.add(std::move(entry));
  }

  Lock& lock_;
  PackageCollector collector_;
};

template <class Visit>
void for_each_line(std::string_view text, Visit&& visit) {
  for (int number = 1; !text.empty(); ++number) {
    const std::string_view line = text.substr(0, text.find('\n'));
    if (!visit(line, number)) return;
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
}

}  // namespace

bool is_explicit_list(std::string_view text) {
  if (text.find(kMarker) == std::string_view::npos) return false;
  bool found = false;
  for_each_line(text, [&](std::string_view line, int) {
    found = trim(line, " \t\r") == kMarker;
    return !found;
  });
  return found;
}

void read_explicit_list(const LockText& text, const LockSelection& selection, Lock& lock) {
  text.refuse_conflict_markers();
  ExplicitReader reader(text, selection, lock);
  for_each_line(text.text(), [&](std::string_view line, int number) {
    reader.read_line(line, number);
    return true;
  });
}

}  // namespace kasane::resolver
