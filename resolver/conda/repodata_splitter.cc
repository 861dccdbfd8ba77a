#include "resolver/conda/repodata_splitter.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include <fmt/format.h>

#include "base/error.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace kasane::resolver {
namespace {

constexpr std::size_t kChunk = 64;
constexpr std::size_t kReadSize = std::size_t{1} << 20;
/// More than any member's key, which is looked for before its brace.
constexpr std::size_t kLookBack = 4096;
constexpr std::size_t kMaxMember = std::size_t{64} << 20;
/// What simdjson may read, but not use, after the end of a text.
constexpr std::size_t kPadding = 64;
constexpr std::string_view kSpaces = " \t\r\n";

/// One bit for each of 64 characters.
struct Masks {
  std::uint64_t quotes = 0;
  std::uint64_t backslashes = 0;
  std::uint64_t braces = 0;
};

#ifdef __SSE2__
Masks find_masks(const char* text) {
  Masks out;
  for (int part = 0; part < 4; ++part) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text + 16 * part));
    const auto equal = [&](char c) {
      const int mask = _mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(c)));
      return static_cast<std::uint64_t>(static_cast<std::uint32_t>(mask)) << (16 * part);
    };
    out.quotes |= equal('"');
    out.backslashes |= equal('\\');
    out.braces |= equal('{') | equal('}');
  }
  return out;
}
#else
Masks find_masks(const char* text) {
  Masks out;
  for (std::size_t i = 0; i < kChunk; ++i) {
    const std::uint64_t bit = std::uint64_t{1} << i;
    if (text[i] == '"') out.quotes |= bit;
    if (text[i] == '\\') out.backslashes |= bit;
    if (text[i] == '{' || text[i] == '}') out.braces |= bit;
  }
  return out;
}
#endif

/// Bit i of the result: how many bits up to i are set, whether that is odd.
std::uint64_t prefix_parity(std::uint64_t bits) {
  for (int shift = 1; shift < 64; shift *= 2) bits ^= bits << shift;
  return bits;
}

/// Bits of characters after an odd number of backslashes; `escaped` is carried from chunk to chunk.
std::uint64_t find_escaped(std::uint64_t backslashes, bool& escaped) {
  std::uint64_t out = 0;
  for (std::size_t i = 0; i < kChunk; ++i) {
    const std::uint64_t bit = std::uint64_t{1} << i;
    if (escaped) {
      out |= bit;
      escaped = false;
    } else {
      escaped = (backslashes & bit) != 0;
    }
  }
  return out;
}

std::string shown(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, 40)) out += c >= 0x20 && c < 0x7f ? c : '.';
  return out;
}

}  // namespace

RepodataSplitter::RepodataSplitter(ByteSource& source, std::size_t block_size)
    : source_(source), block_size_(block_size) {}

bool RepodataSplitter::fill() {
  const std::size_t old = buffer_.size();
  buffer_.resize(old + kReadSize);
  const std::size_t got = read_fully(source_, std::span<char>(buffer_.data() + old, kReadSize));
  buffer_.resize(old + got);
  bytes_read_ += got;
  if (got < kReadSize) at_end_ = true;
  return got > 0;
}

void RepodataSplitter::forget_before(std::size_t at) {
  at = std::min(at, scanned_ - scanned_ % kChunk);
  if (at < kReadSize) return;
  buffer_.erase(0, at);
  scanned_ -= at;
  begin_ -= std::min(begin_, at);
  pending_base_ -= std::min(pending_base_, at);
}

std::size_t RepodataSplitter::find_start() {
  fill();
  const std::size_t start = std::min(buffer_.find_first_not_of(kSpaces), buffer_.size());
  if (start == buffer_.size() || buffer_[start] != '{') {
    const std::string_view text = std::string_view(buffer_).substr(start);
    throw Error(ErrorKind::kFailed,
                text.empty()
                    ? "expected repodata as a JSON object, found nothing"
                    : fmt::format("expected repodata as a JSON object, found `{}`", shown(text)))
        .hint("is that the address of a conda channel?");
  }
  return start;
}

std::uint64_t RepodataSplitter::find_braces() {
  std::array<char, kChunk> last;
  const char* text = buffer_.data() + scanned_;
  if (buffer_.size() - scanned_ < kChunk) {
    last.fill(' ');
    std::memcpy(last.data(), text, buffer_.size() - scanned_);
    text = last.data();
  }
  const Masks masks = find_masks(text);
  std::uint64_t quotes = masks.quotes;
  if (masks.backslashes != 0 || escaped_) quotes &= ~find_escaped(masks.backslashes, escaped_);
  const std::uint64_t inside = prefix_parity(quotes) ^ in_string_;
  in_string_ = (inside >> 63) != 0 ? ~std::uint64_t{0} : 0;
  return masks.braces & ~inside;
}

std::string RepodataSplitter::section_before(std::size_t brace) const {
  const std::string_view text = std::string_view(buffer_).substr(0, brace);
  const std::size_t colon = text.find_last_not_of(kSpaces);
  if (colon == std::string_view::npos || text[colon] != ':') return "";
  const std::size_t close = text.substr(0, colon).find_last_not_of(kSpaces);
  if (close == std::string_view::npos || close == 0 || text[close] != '"') return "";
  const std::size_t open = text.rfind('"', close - 1);
  return open == std::string_view::npos ? "" : std::string(text.substr(open + 1, close - open - 1));
}

bool RepodataSplitter::emit(std::size_t end, RepodataBlock& block) {
  std::string_view text = std::string_view(buffer_).substr(begin_, end - begin_);
  begin_ = end;
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n,"), text.size()));
  if (!wanted_ || text.find_first_not_of(kSpaces) == std::string_view::npos) return false;
  block.section = section_;
  block.json.reserve(text.size() + 2 + kPadding);
  block.json.append("{").append(text).append("}");
  return true;
}

bool RepodataSplitter::take_brace(std::size_t at, RepodataBlock& block) {
  if (buffer_[at] == '{') {
    if (++depth_ == 2) {
      section_ = section_before(at);
      wanted_ = section_ == "packages" || section_ == "packages.conda" || section_ == "info";
      begin_ = at + 1;
    }
    return false;
  }
  if (depth_ == 0) throw Error(ErrorKind::kFailed, "not valid JSON: a `}` too many");
  --depth_;
  if (depth_ == 0) ended_ = true;
  if (depth_ == 1) {
    const bool found = emit(at, block);
    wanted_ = false;
    return found;
  }
  return depth_ == 2 && at + 1 - begin_ >= block_size_ && emit(at + 1, block);
}

std::optional<RepodataBlock> RepodataSplitter::next() {
  if (!started_) {
    scanned_ = find_start() / kChunk * kChunk;
    started_ = true;
  }
  RepodataBlock block;
  while (true) {
    while (pending_ != 0) {
      const std::size_t at = pending_base_ + std::countr_zero(pending_);
      pending_ &= pending_ - 1;
      if (ended_) throw Error(ErrorKind::kFailed, "not valid JSON: something follows its end");
      if (take_brace(at, block)) return block;
    }
    if (buffer_.size() - scanned_ < kChunk && !at_end_) {
      const std::size_t keep = scanned_ > kLookBack ? scanned_ - kLookBack : 0;
      forget_before(wanted_ ? std::min(begin_, keep) : keep);
      if (buffer_.size() > kMaxMember) {
        throw Error(ErrorKind::kRefused, "a member of the repodata is too large");
      }
      fill();
      continue;
    }
    if (scanned_ >= buffer_.size()) break;
    pending_base_ = scanned_;
    pending_ = find_braces();
    scanned_ = std::min(scanned_ + kChunk, buffer_.size());
  }
  if (!ended_) {
    throw Error(ErrorKind::kFailed,
                fmt::format("the repodata ends early, after {} bytes", bytes_read_))
        .hint("fetch it again with `--refresh`");
  }
  return std::nullopt;
}

}  // namespace kasane::resolver
