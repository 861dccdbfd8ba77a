#include "resolver/lock/package_entry.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "resolver/pypi/distribution_name.h"

namespace kasane::resolver {
namespace {

bool is_word_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
         std::string_view("._-+!~=").find(c) != std::string_view::npos;
}

bool is_lower_hex(std::string_view text, std::size_t size) {
  return text.size() == size && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

std::string normalized_name(Manager manager, std::string_view name) {
  return manager == Manager::kConda ? std::string(name) : pypi::normalise_name(name);
}

bool has_scheme(std::string_view url) {
  const std::size_t end = url.find("://");
  return end != std::string_view::npos && url.find('/') > end;
}

bool is_variable_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

/// The length of `$NAME` or `${NAME}` at the start of `text`, and its name; 0 when it is neither.
std::pair<std::size_t, std::string> find_reference(std::string_view text) {
  const bool braces = text.size() > 1 && text[1] == '{';
  const std::size_t start = braces ? 2 : 1;
  std::size_t end = start;
  while (end < text.size() && is_variable_character(text[end])) ++end;
  const bool closed = !braces || (end < text.size() && text[end] == '}');
  if (end == start || !closed) return {0, ""};
  return {end + (braces ? 1 : 0), std::string(text.substr(start, end - start))};
}

}  // namespace

Error PackageCollector::error_at(ErrorKind kind, const LockField& field,
                                 std::string message) const {
  return text_.error_at(kind, field.line, field.column, static_cast<int>(field.value.size()),
                        std::move(message));
}

Error PackageCollector::error_at(const LockField& field, std::string message) const {
  return error_at(ErrorKind::kFailed, field, std::move(message));
}

void PackageCollector::check_word(const LockField& field, std::string_view what) const {
  const std::string value = percent_decode(field.value);
  const bool sound = !value.empty() && value != "." && value != ".." &&
                     std::all_of(value.begin(), value.end(), is_word_character);
  if (!sound) {
    throw error_at(field, fmt::format("expected a package's {}, found `{}`", what, field.value));
  }
}

std::string PackageCollector::expand(const LockField& field, std::string_view text) const {
  std::string out;
  std::size_t i = 0;
  const auto append_variable = [&](const std::string& name) {
    const auto value = selection_.find_variable ? selection_.find_variable(name) : std::nullopt;
    if (!value) {
      throw error_at(field, fmt::format("the environment variable `{}` is not set", name))
          .hint(fmt::format("set `{}`, or write the address in full", name));
    }
    out += *value;
  };
  if (text.starts_with("~/")) {
    append_variable("HOME");
    i = 1;
  }
  while (i < text.size()) {
    const auto [length, name] =
        text[i] == '$' ? find_reference(text.substr(i)) : std::pair<std::size_t, std::string>();
    if (length > 0) {
      append_variable(name);
      i += length;
    } else {
      out += text[i++];
    }
  }
  return out;
}

std::string PackageCollector::take_url(const LockField& field, Manager manager) {
  const std::string url = expand(field, field.value);
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::any_of(url.begin(), url.end(), is_control)) {
    throw error_at(field, "expected an address without control characters");
  }
  if (has_scheme(url)) {
    const std::string_view scheme = std::string_view(url).substr(0, url.find("://"));
    if (scheme != "https" && scheme != "http" && scheme != "file") {
      throw error_at(
          ErrorKind::kRefused, field,
          fmt::format("expected an address of `https`, `http` or `file`, found `{}`", scheme))
          .hint(scheme.starts_with("git+") ? "build a wheel of it and lock that"
                                           : "mirror the package to a web server or a directory");
    }
  }
  const bool conda = manager == Manager::kConda;
  SplitUrl split = split_credentials(url, conda ? UrlTokens::kConda : UrlTokens::kNone);
  if (!split.credentials) {
    split.url.resize(std::min(split.url.find('#'), split.url.size()));
    return std::move(split.url);
  }
  const std::size_t slash = split.url.rfind('/');
  lock_.credentials.insert_or_assign(split.url.substr(0, slash + 1), std::move(*split.credentials));
  return std::move(split.url);
}

void PackageCollector::check_file(const Entry& entry) const {
  const std::string name = entry.package.file_name();
  const bool sound =
      !name.empty() && name != "." && name != ".." &&
      std::none_of(name.begin(), name.end(), [](char c) {
        return c == '/' || c == '\\' || static_cast<unsigned char>(c) < 0x21 || c == 0x7f;
      });
  if (!sound) throw error_at(entry.url, "the address does not end in the name of a file");
  if (entry.package.manager == Manager::kPip) {
    if (name.ends_with(".whl")) return;
    throw error_at(
        ErrorKind::kRefused, entry.url,
        fmt::format("expected a wheel (`.whl`) for `{}`, found `{}`", entry.package.name, name))
        .hint("build a wheel of it and lock that: kasane runs no build of its own");
  }
  if (!name.ends_with(".conda") && !name.ends_with(".tar.bz2")) {
    throw error_at(entry.url,
                   fmt::format("expected a package file (`.conda`, `.tar.bz2`), found `{}`", name));
  }
}

void PackageCollector::read_hashes(Entry& entry) const {
  const auto expect = [&](const LockField& field, std::string_view what, std::size_t size) {
    if (field.value.empty()) return false;
    if (is_lower_hex(field.value, size)) return true;
    throw error_at(ErrorKind::kIntegrity, field,
                   fmt::format("expected {} as {} lower-case hex digits, found `{}`", what, size,
                               field.value));
  };
  if (expect(entry.sha256, "a sha256", 64)) {
    entry.package.sha256 = Digest::parse_hex(entry.sha256.value);
  }
  if (expect(entry.md5, "an md5", 32)) {
    entry.package.md5 = Md5Digest::parse_hex(entry.md5.value);
  }
  if (entry.package.sha256 || entry.package.md5) return;
  const std::string_view remedy = lock_.format == LockFormat::kExplicit
                                      ? "list it with `conda list --explicit --sha256`, which adds "
                                        "the hash after a `#`"
                                      : "make the lock anew: each package needs its `sha256`";
  throw error_at(ErrorKind::kRefused, entry.name,
                 fmt::format("no hash is given for `{}`, so what is fetched cannot be checked",
                             entry.package.name))
      .hint(std::string(remedy));
}

void PackageCollector::refuse_duplicate(const Entry& entry) {
  const LockedPackage& package = entry.package;
  const auto [known, fresh] = known_.try_emplace(
      {package.manager, normalized_name(package.manager, package.name)}, lock_.packages.size());
  if (fresh) return;
  const LockedPackage& first = lock_.packages[known->second];
  const std::string_view manager = package.manager == Manager::kPip ? "pip" : "conda";
  throw error_at(entry.name, fmt::format("the {} package `{}` is named twice for `{}`: here and "
                                         "in line {}",
                                         manager, package.name, lock_.platform, first.line))
      .hint(first.category == package.category
                ? "remove one of the two, or make the lock anew"
                : fmt::format("the categories `{}` and `{}` do not fit together: choose one",
                              first.category, package.category));
}

void PackageCollector::add(Entry entry) {
  LockedPackage& package = entry.package;
  check_word(entry.name, "name");
  check_word(entry.version, "version");
  package.name = percent_decode(entry.name.value);
  package.version = percent_decode(entry.version.value);
  package.line = entry.name.line;
  package.url = take_url(entry.url, package.manager);
  check_file(entry);
  if (!entry.build.value.empty()) {
    check_word(entry.build, "build");
    package.build = percent_decode(entry.build.value);
  } else if (package.manager == Manager::kConda) {
    std::string stem = package.file_name();
    stem.resize(stem.size() - (stem.ends_with(".conda") ? 6 : 8));
    const std::size_t dash = stem.rfind('-');
    if (dash != std::string::npos) package.build = stem.substr(dash + 1);
    check_word({package.build, entry.url.line, entry.url.column}, "build");
  }
  read_hashes(entry);
  const auto known = known_.find({package.manager, normalized_name(package.manager, package.name)});
  if (known != known_.end()) {
    LockedPackage first = lock_.packages[known->second];
    const bool other_category = first.category != package.category;
    first.category = package.category;
    first.line = package.line;
    if (other_category && first == package) return;
  }
  refuse_duplicate(entry);
  lock_.packages.push_back(std::move(package));
}

}  // namespace kasane::resolver
