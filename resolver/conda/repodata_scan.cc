#include "resolver/conda/repodata_scan.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <exception>
#include <limits>
#include <memory>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "base/parallel.h"

namespace kasane::resolver {
namespace {

/// Beyond a stride, how much is read at first to find a piece's end.
constexpr std::size_t kSlack = std::size_t{16} << 10;
constexpr std::string_view kSpaces = " \t\r\n";

/// One piece of the file and what became of it.
struct Piece {
  PieceBounds bounds;
  PieceContent content;
  /// Whose names its records have.
  std::size_t scanner = 0;
  std::optional<Error> failure;
};

/// Room for text, which need not be cleared.
class Buffer {
 public:
  /// What was in it before stays.
  char* reserve(std::size_t size) {
    if (size > capacity_) {
      auto grown = std::make_unique_for_overwrite<char[]>(size);
      if (bytes_) std::memcpy(grown.get(), bytes_.get(), capacity_);
      bytes_ = std::move(grown);
      capacity_ = size;
    }
    return bytes_.get();
  }

 private:
  std::unique_ptr<char[]> bytes_;
  std::size_t capacity_ = 0;
};

class Scan {
 public:
  Scan(const ReadableFile& file, const ScanOptions& options)
      : file_(file),
        size_(file.size()),
        options_(options),
        scanners_(std::max(options.threads, 1U)) {
    pieces_.resize(std::max<std::size_t>(1, (size_ + options.piece_size - 1) / options.piece_size));
  }

  RepodataScan run() {
    check_start();
    std::atomic<std::size_t> next = 0;
    parallel_for(scanners_.size(), static_cast<unsigned>(scanners_.size()), [&](std::size_t i) {
      Buffer buffer;
      for (std::size_t k = next++; k < pieces_.size(); k = next++) scan_piece(k, i, buffer);
    });
    mend();
    return collect();
  }

 private:
  void read(std::uint64_t offset, std::size_t size, char* out) const {
    if (file_.read_at(offset, {out, size}) != size) {
      throw Error(ErrorKind::kIntegrity, "the repodata became shorter while it was read");
    }
  }

  void check_start() const {
    std::string text(std::min<std::uint64_t>(size_, std::size_t{64} << 10), '\0');
    read(0, text.size(), text.data());
    const std::size_t start = std::min(text.find_first_not_of(kSpaces), text.size());
    if (start < text.size() && text[start] == '{') return;
    std::string shown;
    for (const char c : std::string_view(text).substr(start, 40)) {
      shown += c >= 0x20 && c < 0x7f ? c : '.';
    }
    throw Error(ErrorKind::kIntegrity,
                shown.empty()
                    ? "expected repodata as a JSON object, found nothing"
                    : fmt::format("expected repodata as a JSON object, found `{}`", shown))
        .hint("is that the address of a conda channel?");
  }

  /// Reads stride `k`, and as much behind it as it takes to find the end of the piece that begins
  /// in it. Bounds of size 0 when none does; otherwise `text` is the piece, in the buffer.
  PieceBounds load(std::size_t k, Buffer& buffer, std::string_view& text) const {
    const std::uint64_t start = k * options_.piece_size;
    const std::uint64_t rest = size_ - start;
    std::size_t have = 0;
    std::size_t begin = 0;
    std::size_t from = options_.piece_size;
    std::size_t want = options_.piece_size + kSlack;
    while (true) {
      want = static_cast<std::size_t>(std::min<std::uint64_t>(want, rest));
      char* bytes = buffer.reserve(want);
      read(start + have, want - have, bytes + have);
      const std::string_view all(bytes, want);
      if (have == 0 && k > 0) {
        const auto first = find_boundary(all, 0);
        if (!first || first->brace >= options_.piece_size) return {};
        begin = first->next;
      }
      have = want;
      const auto end = find_boundary(all, std::min(from, have));
      if (end || have == rest) {
        PieceBounds out = {start + begin, size_, size_, k == 0, !end};
        if (end) {
          out.end = start + end->brace + 1;
          out.next = start + end->next;
        }
        text = all.substr(begin, out.size());
        return out;
      }
      if (have > options_.largest_piece) {
        throw Error(ErrorKind::kRefused,
                    fmt::format("expected another package in the repodata within {} bytes after "
                                "byte {}, found none",
                                options_.largest_piece, start + begin));
      }
      // A boundary may lie across the end of what was read.
      from = std::max(from, have - std::min(have, kBoundarySize));
      want = have * 2;
    }
  }

  void scan_piece(std::size_t k, std::size_t scanner, Buffer& buffer) {
    Piece& piece = pieces_[k];
    try {
      std::string_view text;
      piece.bounds = load(k, buffer, text);
      piece.scanner = scanner;
      if (!text.empty()) piece.content = scanners_[scanner].scan(piece.bounds, text);
    } catch (const Error& failure) {
      piece.failure = failure;
    }
  }

  /// Reads what could not be read by itself together with what follows it.
  void mend() {
    std::erase_if(pieces_,
                  [](const Piece& piece) { return !piece.failure && piece.bounds.size() == 0; });
    std::vector<Piece> sound;
    for (std::size_t k = 0; k < pieces_.size();) {
      std::size_t count = 1;
      while (pieces_[k].failure || !is_followed(k, k + count)) {
        if (!pieces_[k].failure) pieces_[k].failure = Error(ErrorKind::kIntegrity, "ends early");
        if (pieces_[k].failure->kind() == ErrorKind::kRefused) throw *pieces_[k].failure;
        const std::size_t end = std::min(k + 2 * count, pieces_.size());
        const PieceBounds bounds = joined(pieces_[k].bounds, pieces_[end - 1].bounds);
        if (end == k + count || bounds.size() > options_.largest_piece) {
          throw last_word(*pieces_[k].failure);
        }
        count = end - k;
        scan_again(pieces_[k], bounds);
      }
      sound.push_back(std::move(pieces_[k]));
      k += count;
    }
    pieces_ = std::move(sound);
  }

  /// Whether `next` is the piece that begins where piece `k` ends.
  bool is_followed(std::size_t k, std::size_t next) const {
    const std::uint64_t begin = next < pieces_.size() ? pieces_[next].bounds.begin : size_;
    return pieces_[k].bounds.next == begin && pieces_[k].bounds.at_end == (next == pieces_.size());
  }

  static PieceBounds joined(const PieceBounds& first, const PieceBounds& last) {
    return {first.begin, last.end, last.next, first.at_start, last.at_end};
  }

  void scan_again(Piece& piece, const PieceBounds& bounds) {
    Buffer buffer;
    char* text = buffer.reserve(bounds.size());
    read(bounds.begin, bounds.size(), text);
    piece.bounds = bounds;
    piece.scanner = 0;
    piece.failure.reset();
    try {
      piece.content = scanners_[0].scan(bounds, {text, bounds.size()});
    } catch (const Error& failure) {
      piece.failure = failure;
    }
  }

  /// Text that does not end as an object does was most likely cut off.
  Error last_word(const Error& failure) const {
    std::string text(std::min<std::uint64_t>(size_, 4096), '\0');
    read(size_ - text.size(), text.size(), text.data());
    const std::size_t last = text.find_last_not_of(kSpaces);
    if (last != std::string::npos && text[last] == '}') return failure;
    return Error(ErrorKind::kIntegrity,
                 fmt::format("the repodata ends early, after {} bytes", size_))
        .hint("fetch it again with `--refresh`");
  }

  /// Now that the section is known in which each piece begins.
  RepodataScan collect() {
    RepodataScan out;
    std::string section;
    std::size_t count = 0;
    for (Piece& piece : pieces_) {
      PieceContent& content = piece.content;
      if (section == "packages" || section == "packages.conda") {
        out.left_out.add(content.inherited_left_out);
      } else {
        content.inherited.clear();
      }
      if (section == "packages.conda") {
        for (ScannedRecord& record : content.inherited) {
          record.position.size_and_format |= index_format::kCondaFormatBit;
        }
      }
      out.left_out.add(content.left_out);
      if (content.last_section) section = *content.last_section;
      if (content.base_url) out.base_url = *content.base_url;
      if (content.subdir) out.subdir = *content.subdir;
      count += content.inherited.size() + content.records.size();
    }
    if (count > std::numeric_limits<std::uint32_t>::max() / 2) {
      throw Error(ErrorKind::kRefused, "the repodata has too many records");
    }
    group(out, count);
    out.texts = std::move(scanners_);
    return out;
  }

  template <class Body>
  void for_each_record(Body body) const {
    for (const Piece& piece : pieces_) {
      for (const auto* records : {&piece.content.inherited, &piece.content.records}) {
        for (const ScannedRecord& record : *records) body(piece.scanner, record);
      }
    }
  }

  void group(RepodataScan& out, std::size_t count) const {
    // By scanner and its id of a name: how many records, then which place in the sorted names.
    std::vector<std::vector<std::uint32_t>> numbers;
    for (const PieceScanner& scanner : scanners_) numbers.emplace_back(scanner.names().size());
    for_each_record(
        [&](std::size_t scanner, const ScannedRecord& record) { ++numbers[scanner][record.name]; });
    struct Found {
      std::string_view text;
      std::uint32_t* number;
    };
    std::vector<Found> found;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      for (std::uint32_t id = 0; id < numbers[i].size(); ++id) {
        if (numbers[i][id] > 0)
          found.push_back({scanners_[i].names().text_of(id), &numbers[i][id]});
      }
    }
    std::sort(found.begin(), found.end(),
              [](const Found& a, const Found& b) { return a.text < b.text; });
    for (const Found& one : found) {
      if (out.names.empty() || out.names.back().text != one.text) out.names.push_back({one.text});
      out.names.back().position_count += *one.number;
      *one.number = static_cast<std::uint32_t>(out.names.size() - 1);
    }
    std::vector<std::uint32_t> next(out.names.size());
    std::uint32_t first = 0;
    for (std::size_t i = 0; i < next.size(); ++i) {
      next[i] = out.names[i].first_position = first;
      first += out.names[i].position_count;
    }
    out.positions.resize(count);
    for_each_record([&](std::size_t scanner, const ScannedRecord& record) {
      out.positions[next[numbers[scanner][record.name]]++] = record.position;
    });
  }

  const ReadableFile& file_;
  const std::uint64_t size_;
  const ScanOptions& options_;
  std::vector<PieceScanner> scanners_;
  std::vector<Piece> pieces_;
};

}  // namespace

RepodataScan scan_repodata(const ReadableFile& file, const ScanOptions& options) {
  return Scan(file, options).run();
}

}  // namespace kasane::resolver
