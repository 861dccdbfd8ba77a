#include "resolver/pypi/page_cache.h"

#include <unistd.h>

#include <array>
#include <atomic>

#include <fmt/format.h>

#include "base/digest.h"
#include "base/error.h"

/// A file has one line each for the format, four fields and the digest of all else, then the body.
namespace kasane::resolver::pypi {
namespace {

constexpr std::string_view kFormat = "kasane-page 1";
constexpr std::size_t kLimit = std::size_t{256} << 20;

std::optional<std::string_view> take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

std::string render_fields(const StoredPage& page) {
  return fmt::format("{}\n{}\n{}\n{}\n", page.etag, page.last_modified, page.content_type,
                     page.final_url);
}

Digest digest_of(std::string_view key, const StoredPage& page) {
  Sha256Hasher hasher;
  hasher.update(key);
  hasher.update("\n");
  hasher.update(render_fields(page));
  hasher.update(page.body);
  return hasher.finish();
}

bool is_one_line(const StoredPage& page) {
  const auto fits = [](const std::string& field) { return field.find('\n') == std::string::npos; };
  return fits(page.etag) && fits(page.last_modified) && fits(page.content_type) &&
         fits(page.final_url);
}

}  // namespace

Path PageCache::path_of(std::string_view key) const {
  const std::string name = Digest::of(key).hex();
  return directory_ / name.substr(0, 2) / name;
}

std::optional<StoredPage> PageCache::read(std::string_view key) const {
  std::string bytes;
  try {
    const Path path = path_of(key);
    if (!files_.find_status(path)) return std::nullopt;
    bytes = files_.read_text(path, kLimit);
  } catch (const Error&) {
    return std::nullopt;
  }
  std::string_view rest = bytes;
  if (take_line(rest) != kFormat) return std::nullopt;
  StoredPage page;
  for (std::string* field :
       {&page.etag, &page.last_modified, &page.content_type, &page.final_url}) {
    const auto line = take_line(rest);
    if (!line) return std::nullopt;
    *field = *line;
  }
  const auto digest = take_line(rest);
  if (!digest) return std::nullopt;
  page.body = rest;
  if (Digest::find_hex(*digest) != digest_of(key, page)) return std::nullopt;
  return page;
}

/// In one step, but not synced: what a crash leaves of it has the wrong digest.
void PageCache::replace(const Path& path, std::string_view bytes) const {
  static std::atomic<unsigned> counter = 0;
  const Path temporary = path.parent_path() / fmt::format(".{}.{}.{}.tmp", path.filename().native(),
                                                          ::getpid(), counter++);
  files_.remove(temporary);
  auto file = files_.create_file(temporary);
  file->write(bytes);
  file->close();
  files_.rename(temporary, path);
}

void PageCache::write(std::string_view key, const StoredPage& page) const {
  if (!is_one_line(page)) return;
  const Path path = path_of(key);
  try {
    files_.create_directories(path.parent_path());
    replace(path, fmt::format("{}\n{}{}\n{}", kFormat, render_fields(page),
                              digest_of(key, page).hex(), page.body));
  } catch (const Error&) {
    // A full or read-only disk costs time, no more.
  }
}

}  // namespace kasane::resolver::pypi
