#include "resolver/pypi/remote_wheel.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "base/archive/zip_directory.h"
#include "base/error.h"
#include "base/spool.h"
#include "resolver/pypi/distribution_name.h"

namespace kasane::resolver::pypi {
namespace {

/// What is read to find the end of the directory, which a comment of 64 KiB may follow; enough for
/// the whole directory of most wheels, with METADATA before it.
constexpr std::uint64_t kTailSize = std::uint64_t{66} << 10;
constexpr std::uint64_t kLeastRange = std::uint64_t{16} << 10;
constexpr std::size_t kMetadataLimit = std::size_t{64} << 20;

struct ContentRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::uint64_t total = 0;
};

bool take_number(std::string_view& text, std::uint64_t& number) {
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

/// RFC 9110, section 14.4: `bytes 100-199/200`.
std::optional<ContentRange> read_content_range(const HttpResponse& response) {
  std::string_view text = response.headers.find("Content-Range").value_or("");
  ContentRange range;
  if (!text.starts_with("bytes ")) return std::nullopt;
  text.remove_prefix(6);
  if (!take_number(text, range.first) || !text.starts_with('-')) return std::nullopt;
  text.remove_prefix(1);
  if (!take_number(text, range.last) || !text.starts_with('/')) return std::nullopt;
  text.remove_prefix(1);
  if (!take_number(text, range.total) || !text.empty()) return std::nullopt;
  if (range.first > range.last || range.last >= range.total) return std::nullopt;
  return range;
}

std::unique_ptr<Spool> fetch(const IndexTransport& transport, IndexRequest request,
                             const std::string& range, const Path& scratch,
                             HttpResponse& response) {
  std::unique_ptr<Spool> spool;
  if (!range.empty()) request.headers.add("Range", range);
  response = transport.get(request, [&]() -> ByteSink& {
    spool = std::make_unique<Spool>(scratch);
    return *spool;
  });
  return spool;
}

/// Knows the end of a file, and asks for more of it when that is read. Belongs to one thread.
class RangedFile final : public ReadableFile {
 public:
  RangedFile(const IndexTransport& transport, const RemoteFile& file, const Path& scratch,
             const ContentRange& range, const Spool& tail)
      : transport_(transport), file_(file), scratch_(scratch), size_(range.total) {
    keep(range.first, tail);
  }

  std::uint64_t size() const override { return size_; }

  std::size_t read_at(std::uint64_t offset, std::span<char> buffer) const override {
    const auto wanted = static_cast<std::size_t>(
        std::min<std::uint64_t>(buffer.size(), size_ - std::min(offset, size_)));
    std::size_t done = 0;
    while (done < wanted) {
      const std::string_view piece = find(offset + done, wanted - done);
      std::copy(piece.begin(), piece.end(), buffer.begin() + static_cast<std::ptrdiff_t>(done));
      done += piece.size();
    }
    return wanted;
  }

 private:
  void keep(std::uint64_t offset, const Spool& spool) const {
    FileSource source(spool);
    pieces_[offset] = read_all(source, static_cast<std::size_t>(spool.size()), "a range");
  }

  /// What is known from `offset` on, at most `size` bytes, one at least.
  std::string_view find(std::uint64_t offset, std::size_t size) const {
    auto after = pieces_.upper_bound(offset);
    if (after != pieces_.begin()) {
      const auto& [begin, bytes] = *std::prev(after);
      if (offset < begin + bytes.size()) {
        return std::string_view(bytes).substr(static_cast<std::size_t>(offset - begin), size);
      }
    }
    std::uint64_t end = std::min(std::max<std::uint64_t>(offset + size, offset + kLeastRange),
                                 after == pieces_.end() ? size_ : after->first);
    ask(offset, end);
    return find(offset, size);
  }

  void ask(std::uint64_t begin, std::uint64_t end) const {
    HttpResponse response;
    const auto spool = fetch(transport_, file_.request, fmt::format("bytes={}-{}", begin, end - 1),
                             scratch_, response);
    if (response.status != 206)
      throw IndexTransport::status_error(file_.request.url, response.status);
    const auto range = read_content_range(response);
    if (!range || range->first != begin || range->last != end - 1 || range->total != size_ ||
        spool->size() != end - begin) {
      throw Error(ErrorKind::kNetwork,
                  fmt::format("expected the bytes {}-{}/{} of `{}`, got `{}`", begin, end - 1,
                              size_, redact_url(file_.request.url),
                              response.headers.find("Content-Range").value_or("")));
    }
    keep(begin, *spool);
  }

  const IndexTransport& transport_;
  const RemoteFile& file_;
  const Path& scratch_;
  std::uint64_t size_;
  mutable std::map<std::uint64_t, std::string> pieces_;
};

void check_digest(const RemoteFile& file, const ReadableFile& bytes) {
  if (!file.sha256) return;
  const Digest found = hash_file(bytes);
  if (found == *file.sha256) return;
  throw Error(ErrorKind::kIntegrity,
              fmt::format("digest mismatch for `{}`: expected `{}`, got `{}`",
                          redact_url(file.request.url), file.sha256->render(), found.render()));
}

/// The end of the file, or the whole of it, where the server gives no ranges.
std::unique_ptr<ReadableFile> open_wheel(const IndexTransport& transport, const RemoteFile& file,
                                         const Path& scratch) {
  std::string wanted = fmt::format("bytes=-{}", kTailSize);
  if (file.size_bytes && *file.size_bytes > 0) {
    const std::uint64_t size = *file.size_bytes;
    wanted = fmt::format("bytes={}-{}", size - std::min(size, kTailSize), size - 1);
  }
  HttpResponse response;
  auto spool = fetch(transport, file.request, wanted, scratch, response);
  if (response.status == 206) {
    const auto range = read_content_range(response);
    const bool is_tail =
        range && range->last + 1 == range->total && spool->size() == range->last - range->first + 1;
    if (is_tail) return std::make_unique<RangedFile>(transport, file, scratch, *range, *spool);
  }
  if (response.status == 200) {
    check_digest(file, *spool);
    return spool;
  }
  if (response.status == 404 || response.status == 410 || response.status == 401 ||
      response.status == 403) {
    throw IndexTransport::status_error(file.request.url, response.status);
  }
  return fetch_whole(transport, file, scratch);
}

bool is_metadata_of(std::string_view name, const std::string& project) {
  constexpr std::string_view kEnding = ".dist-info/METADATA";
  if (!name.ends_with(kEnding)) return false;
  name.remove_suffix(kEnding.size());
  return name.find('/') == std::string_view::npos &&
         normalise_name(name.substr(0, name.rfind('-'))) == project;
}

}  // namespace

Digest hash_file(const ReadableFile& bytes) {
  Sha256Hasher hasher;
  std::string buffer(std::size_t{64} << 10, '\0');
  FileSource source(bytes);
  while (const std::size_t count = source.read(buffer)) {
    hasher.update(std::string_view(buffer).substr(0, count));
  }
  return hasher.finish();
}

std::unique_ptr<ReadableFile> fetch_whole(const IndexTransport& transport, const RemoteFile& file,
                                          const Path& scratch) {
  HttpResponse response;
  auto spool = fetch(transport, file.request, "", scratch, response);
  if (response.status != 200) {
    throw IndexTransport::status_error(file.request.url, response.status);
  }
  check_digest(file, *spool);
  return spool;
}

std::string fetch_wheel_metadata(const IndexTransport& transport, const RemoteFile& file,
                                 const std::string& project, const Path& scratch) {
  const auto wheel = open_wheel(transport, file, scratch);
  const auto entry =
      find_zip_entry(*wheel, [&](std::string_view name) { return is_metadata_of(name, project); });
  if (!entry) {
    throw Error(ErrorKind::kIntegrity,
                fmt::format("no `.dist-info/METADATA` of `{}` in the wheel", project));
  }
  return read_all(*open_zip_entry(*wheel, *entry), kMetadataLimit, "METADATA");
}

}  // namespace kasane::resolver::pypi
