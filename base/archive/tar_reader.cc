#include "base/archive/tar_reader.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "base/archive/entry_path.h"
#include "base/archive/tar_header.h"
#include "base/error.h"

namespace kasane {
namespace {

constexpr std::size_t kBufferSize = std::size_t{256} << 10;
constexpr std::uint64_t kLongestHeader = std::uint64_t{1} << 20;
constexpr std::size_t kLongestName = 4096;
constexpr std::uint64_t kLongestEndPadding = std::uint64_t{64} << 20;
/// Larger sizes would overflow when they are rounded up to whole blocks.
constexpr std::uint64_t kLargestSize = std::uint64_t{1} << 62;

bool all_zero(std::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](char c) { return c == '\0'; });
}

std::optional<std::uint64_t> find_decimal(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// `123`, `-1.5`: seconds with an optional fraction, rounded down.
std::optional<std::int64_t> find_pax_time(std::string_view text) {
  const std::size_t dot = text.find('.');
  const std::string_view whole = text.substr(0, dot);
  const std::string_view fraction =
      dot == std::string_view::npos ? std::string_view() : text.substr(dot + 1);
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(whole.data(), whole.data() + whole.size(), seconds);
  if (error != std::errc() || end != whole.data() + whole.size()) return std::nullopt;
  if (fraction.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  const bool has_fraction = fraction.find_first_not_of('0') != std::string_view::npos;
  if (whole.starts_with('-') && has_fraction) {
    if (seconds == std::numeric_limits<std::int64_t>::min()) return std::nullopt;
    --seconds;
  }
  return seconds;
}

Error damaged(std::string_view what, std::uint64_t offset) {
  return Error(ErrorKind::kIntegrity,
               fmt::format("damaged tar archive: {} at byte {}", what, offset));
}

std::optional<TarEntry::Type> find_type(char flag) {
  switch (flag) {
    case '\0':
    case '0':
    case '7':
      return TarEntry::Type::kFile;
    case '1':
      return TarEntry::Type::kHardlink;
    case '2':
      return TarEntry::Type::kSymlink;
    case '3':
      return TarEntry::Type::kCharacterDevice;
    case '4':
      return TarEntry::Type::kBlockDevice;
    case '5':
      return TarEntry::Type::kDirectory;
    case '6':
      return TarEntry::Type::kFifo;
    default:
      return std::nullopt;
  }
}

}  // namespace

std::string_view describe(TarEntry::Type type) {
  switch (type) {
    case TarEntry::Type::kFile:
      return "file";
    case TarEntry::Type::kHardlink:
      return "hard link";
    case TarEntry::Type::kSymlink:
      return "symbolic link";
    case TarEntry::Type::kCharacterDevice:
      return "character device";
    case TarEntry::Type::kBlockDevice:
      return "block device";
    case TarEntry::Type::kDirectory:
      return "directory";
    case TarEntry::Type::kFifo:
      return "fifo";
  }
  return "unknown";
}

TarReader::TarReader(ByteSource& archive, TarEnd end)
    : archive_(archive), end_marker_(end), buffer_(kBufferSize) {}

bool TarReader::fill() {
  if (begin_ < end_) return true;
  begin_ = 0;
  end_ = archive_.read(buffer_);
  return end_ > 0;
}

/// One block, valid until the next read; absent at the end of the stream.
std::optional<std::string_view> TarReader::read_block() {
  if (end_ - begin_ < kTarBlockSize) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
    end_ += read_fully(archive_, std::span(buffer_).subspan(end_));
    if (end_ == 0) return std::nullopt;
    if (end_ < kTarBlockSize) {
      throw Error(
          ErrorKind::kIntegrity,
          fmt::format("truncated tar archive: it ends within a header at byte {}", offset_ + end_));
    }
  }
  const std::string_view block(buffer_.data() + begin_, kTarBlockSize);
  begin_ += kTarBlockSize;
  offset_ += kTarBlockSize;
  return block;
}

void TarReader::fail_truncated() const {
  throw Error(ErrorKind::kIntegrity,
              fmt::format("truncated tar archive: `{}` ends after {} of {} bytes",
                          printable_name(path_), payload_size_ - payload_left_, payload_size_));
}

std::string_view TarReader::read_piece() {
  if (payload_left_ == 0) return {};
  if (!fill()) fail_truncated();
  const std::size_t count = std::min<std::uint64_t>(end_ - begin_, payload_left_);
  const std::string_view piece(buffer_.data() + begin_, count);
  begin_ += count;
  offset_ += count;
  payload_left_ -= count;
  return piece;
}

std::size_t TarReader::read(std::span<char> buffer) {
  if (payload_left_ == 0 || buffer.empty()) return 0;
  std::size_t count = std::min<std::uint64_t>(buffer.size(), payload_left_);
  if (begin_ == end_ && count >= kBufferSize) {
    count = archive_.read(buffer.first(count));
    if (count == 0) fail_truncated();
  } else {
    if (!fill()) fail_truncated();
    count = std::min(count, end_ - begin_);
    std::memcpy(buffer.data(), buffer_.data() + begin_, count);
    begin_ += count;
  }
  offset_ += count;
  payload_left_ -= count;
  return count;
}

void TarReader::skip_payload() {
  while (payload_left_ > 0) read_piece();
  while (padding_ > 0) {
    if (!fill() && end_marker_ == TarEnd::kOptional) {
      padding_ = 0;
      return;
    }
    if (begin_ == end_) fail_truncated();
    const std::size_t count = std::min<std::uint64_t>(end_ - begin_, padding_);
    begin_ += count;
    offset_ += count;
    padding_ -= count;
  }
}

void TarReader::read_to_end() {
  std::uint64_t count = 0;
  while (fill()) {
    if (!all_zero(std::string_view(buffer_.data() + begin_, end_ - begin_))) {
      throw damaged("more content behind its end", offset_);
    }
    count += end_ - begin_;
    offset_ += end_ - begin_;
    begin_ = end_;
    if (count > kLongestEndPadding) {
      throw Error(ErrorKind::kRefused,
                  fmt::format("the tar archive has more than {} bytes of padding behind its end",
                              kLongestEndPadding));
    }
  }
}

std::string TarReader::read_header_payload(std::uint64_t size, std::string_view what) {
  if (size > kLongestHeader) {
    throw Error(ErrorKind::kRefused,
                fmt::format("the tar archive has {} of {} bytes, of which at most {} are accepted",
                            what, size, kLongestHeader));
  }
  path_ = what;
  payload_size_ = payload_left_ = size;
  padding_ = tar_padding(size);
  std::string bytes(size, '\0');
  if (read_fully(*this, bytes) != size) fail_truncated();
  skip_payload();
  return bytes;
}

void TarReader::parse_pax(std::string_view records, Extensions& into) const {
  while (!records.empty()) {
    const std::size_t space = records.find(' ');
    const auto length =
        space == std::string_view::npos ? std::nullopt : find_decimal(records.substr(0, space));
    if (!length || *length > records.size() || *length < space + 3 ||
        records[*length - 1] != '\n') {
      throw damaged("an extended header that is not made of `LENGTH KEY=VALUE` lines", offset_);
    }
    const std::string_view record = records.substr(space + 1, *length - space - 2);
    records.remove_prefix(*length);
    const std::size_t equals = record.find('=');
    if (equals == std::string_view::npos || equals == 0) {
      throw damaged("an extended header that is not made of `LENGTH KEY=VALUE` lines", offset_);
    }
    apply_pax_record(record.substr(0, equals), record.substr(equals + 1), into);
  }
}

void TarReader::apply_pax_record(std::string_view key, std::string_view value,
                                 Extensions& into) const {
  // An empty value takes back what a global header said, POSIX pax, "pax Extended Header".
  const bool erased = value.empty();
  const auto number = [&](auto&& found) {
    if (!erased && !found) {
      throw damaged(fmt::format("`{}` that is not a number: `{}`", key, printable_name(value)),
                    offset_);
    }
    return erased ? std::decay_t<decltype(found)>() : found;
  };
  constexpr std::string_view kAttribute = "SCHILY.xattr.";
  if (key == "path") {
    into.path = std::string(value);
  } else if (key == "linkpath") {
    into.link_target = std::string(value);
  } else if (key == "size") {
    into.size = number(find_decimal(value));
  } else if (key == "mtime") {
    into.mtime = number(find_pax_time(value));
  } else if (key == "uid") {
    into.user_id = number(find_decimal(value));
  } else if (key == "gid") {
    into.group_id = number(find_decimal(value));
  } else if (key.starts_with("GNU.sparse.")) {
    throw Error(ErrorKind::kRefused, "the tar archive holds a sparse file, which is not supported");
  } else if (key.starts_with(kAttribute)) {
    into.extended_attributes[std::string(key.substr(kAttribute.size()))] = value;
  }
}

TarEntry TarReader::parse_entry(std::string_view block, char type_flag,
                                const Extensions& local) const {
  const TarHeader header(block, offset_ - kTarBlockSize);
  const auto pick = [](const auto& first, const auto& second, auto otherwise) {
    if (first) return static_cast<decltype(otherwise)>(*first);
    if (second) return static_cast<decltype(otherwise)>(*second);
    return otherwise;
  };
  TarEntry entry;
  entry.path = pick(local.path, global_.path, header.path());
  const auto type = find_type(type_flag);
  if (!type) {
    throw Error(
        ErrorKind::kRefused,
        type_flag == 'S'
            ? fmt::format("`{}` in the tar archive is a sparse file, which is not supported",
                          printable_name(entry.path))
            : fmt::format("`{}` in the tar archive is of unknown type `{}`",
                          printable_name(entry.path), printable_name({&type_flag, 1})));
  }
  entry.type = *type;
  // Before POSIX a directory was a file whose name ends in a slash.
  if (entry.type == TarEntry::Type::kFile && entry.path.ends_with('/')) {
    entry.type = TarEntry::Type::kDirectory;
  }
  if (entry.type == TarEntry::Type::kHardlink || entry.type == TarEntry::Type::kSymlink) {
    entry.link_target = pick(local.link_target, global_.link_target, header.link_target());
  }
  entry.mode = header.mode() & 07777;
  entry.user_id = pick(local.user_id, global_.user_id, header.user_id());
  entry.group_id = pick(local.group_id, global_.group_id, header.group_id());
  if (entry.type == TarEntry::Type::kFile) {
    entry.size_bytes = pick(local.size, global_.size, header.size());
  }
  entry.mtime = pick(local.mtime, global_.mtime, header.mtime());
  if (entry.type == TarEntry::Type::kCharacterDevice ||
      entry.type == TarEntry::Type::kBlockDevice) {
    entry.device_major = header.device_major();
    entry.device_minor = header.device_minor();
  }
  entry.extended_attributes = global_.extended_attributes;
  for (const auto& [name, value] : local.extended_attributes) {
    entry.extended_attributes[name] = value;
  }
  return entry;
}

void TarReader::check_names(const TarEntry& entry) const {
  const auto check = [&](std::string_view what, std::string_view name) {
    if (name.find('\0') != std::string_view::npos || name.find('\n') != std::string_view::npos) {
      throw Error(ErrorKind::kRefused,
                  fmt::format("{} in the tar archive holds a NUL or a newline: `{}`", what,
                              printable_name(name)));
    }
    if (name.size() > kLongestName) {
      throw Error(ErrorKind::kRefused,
                  fmt::format("{} in the tar archive is longer than {} bytes: `{}`", what,
                              kLongestName, printable_name(name)));
    }
  };
  check("a name", entry.path);
  check("a link target", entry.link_target);
  if (entry.path.empty()) throw damaged("an entry without a name", offset_ - kTarBlockSize);
  if (entry.size_bytes > kLargestSize) {
    throw damaged(fmt::format("`{}` with an impossible size", printable_name(entry.path)),
                  offset_ - kTarBlockSize);
  }
}

std::optional<TarEntry> TarReader::next() {
  if (at_end_) return std::nullopt;
  skip_payload();
  Extensions local;
  bool extended = false;
  for (;;) {
    const auto block = read_block();
    if (!block && !extended && end_marker_ == TarEnd::kOptional) {
      at_end_ = true;
      return std::nullopt;
    }
    if (!block) {
      throw Error(
          ErrorKind::kIntegrity,
          fmt::format("truncated tar archive: it ends after {} bytes without its end marker",
                      offset_));
    }
    if (all_zero(*block)) {
      if (extended) throw damaged("an extended header without its entry", offset_);
      at_end_ = true;
      read_to_end();
      return std::nullopt;
    }
    const TarHeader header(*block, offset_ - kTarBlockSize);
    header.check_sum();
    const char flag = header.type_flag();
    switch (flag) {
      case 'x': {
        parse_pax(read_header_payload(header.size(), "an extended header"), local);
        break;
      }
      case 'g': {
        parse_pax(read_header_payload(header.size(), "a global header"), global_);
        continue;
      }
      case 'L':
      case 'K': {
        std::string name = read_header_payload(header.size(), "a long name");
        while (!name.empty() && name.back() == '\0') name.pop_back();
        (flag == 'L' ? local.path : local.link_target) = std::move(name);
        break;
      }
      default: {
        TarEntry entry = parse_entry(*block, flag, local);
        check_names(entry);
        path_ = entry.path;
        payload_size_ = payload_left_ = entry.size_bytes;
        padding_ = tar_padding(entry.size_bytes);
        return entry;
      }
    }
    extended = true;
  }
}

}  // namespace kasane
