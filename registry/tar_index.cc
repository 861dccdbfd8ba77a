#include "registry/tar_index.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "base/archive/entry_path.h"
#include "base/archive/tar_header.h"
#include "base/codec.h"
#include "base/error.h"

namespace kasane::registry {
namespace {

constexpr std::uint64_t kLongestExtension = std::uint64_t{1} << 20;
constexpr std::size_t kMemberLimit = 1'000'000;
constexpr int kLinkLimit = 16;

Error damaged(std::string message) { return Error(ErrorKind::kIntegrity, std::move(message)); }

/// Reads the headers of a tar one after another, stepping over what they describe.
class HeaderWalk {
 public:
  using Member = TarIndex::Member;

  explicit HeaderWalk(const ReadableFile& file) : file_(file) {}

  /// Absent at the archive's end.
  std::optional<std::pair<std::string, Member>> next() {
    std::optional<std::string> path;
    std::optional<std::string> target;
    std::optional<std::uint64_t> size;
    for (;;) {
      if (!read_block()) return std::nullopt;
      const TarHeader header(std::string_view(block_.data(), block_.size()), at_ - kTarBlockSize);
      header.check_sum();
      switch (header.type_flag()) {
        case 'L':
          path = read_name(header.size());
          continue;
        case 'K':
          target = read_name(header.size());
          continue;
        case 'x':
          read_pax(read_extension(header.size()), path, target, size);
          continue;
        case 'g':
          read_extension(header.size());
          continue;
        default:
          break;
      }
      Member member = make_member(header, size);
      if (member.type == Member::Type::kLink) {
        member.target = target ? *target : header.link_target();
        if (header.type_flag() == '1') member.target.insert(0, "/");
      }
      return std::pair(path ? *path : header.path(), member);
    }
  }

 private:
  bool read_block() {
    const std::size_t n = file_.read_at(at_, block_);
    if (n == 0) throw damaged("truncated tar archive: it has no end marker");
    if (n < block_.size()) throw damaged("truncated tar archive: it ends within a header");
    at_ += kTarBlockSize;
    return !std::all_of(block_.begin(), block_.end(), [](char c) { return c == '\0'; });
  }

  void step_over(std::uint64_t size) {
    if (size > file_.size() || at_ > file_.size() - size) {
      throw damaged(fmt::format(
          "truncated tar archive: it ends before byte {} of the file at byte {}", size, at_));
    }
    at_ += size + tar_padding(size);
  }

  std::string read_extension(std::uint64_t size) {
    if (size > kLongestExtension) {
      throw Error(ErrorKind::kRefused,
                  fmt::format("the tar archive has an extended header of {} bytes", size));
    }
    std::string out(size, '\0');
    const std::uint64_t begin = at_;
    step_over(size);
    out.resize(file_.read_at(begin, out));
    return out;
  }

  std::string read_name(std::uint64_t size) {
    std::string out = read_extension(size);
    out.resize(std::min(out.find('\0'), out.size()));
    return out;
  }

  /// POSIX pax, "pax Extended Header": `LENGTH KEY=VALUE` lines.
  void read_pax(std::string_view records, std::optional<std::string>& path,
                std::optional<std::string>& target, std::optional<std::uint64_t>& size) const {
    while (!records.empty()) {
      std::size_t length = 0;
      const char* end = records.data() + records.size();
      const auto [after, failure] = std::from_chars(records.data(), end, length);
      const std::size_t digits = static_cast<std::size_t>(after - records.data());
      if (failure != std::errc() || length > records.size() || length < digits + 3 ||
          *after != ' ' || records[length - 1] != '\n') {
        throw damaged("damaged tar archive: an extended header cannot be read");
      }
      const std::string_view record = records.substr(digits + 1, length - digits - 2);
      records.remove_prefix(length);
      const std::size_t equals = std::min(record.find('='), record.size() - 1);
      const std::string_view key = record.substr(0, equals);
      const std::string_view value = record.substr(equals + 1);
      if (key == "path") path = value;
      if (key == "linkpath") target = value;
      if (key == "size") size = parse_size(value);
      if (key.starts_with("GNU.sparse.")) {
        throw Error(ErrorKind::kRefused,
                    "the tar archive has a sparse file, which is not supported");
      }
    }
  }

  static std::uint64_t parse_size(std::string_view text) {
    std::uint64_t out = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (failure != std::errc() || end != text.data() + text.size()) {
      throw damaged("damaged tar archive: the `size` of an extended header is not a number");
    }
    return out;
  }

  Member make_member(const TarHeader& header, std::optional<std::uint64_t> size) {
    using enum Member::Type;
    Member member;
    switch (header.type_flag()) {
      case '\0':
      case '0':
      case '7':
        member.type = kFile;
        break;
      case '1':
      case '2':
        member.type = kLink;
        break;
      case '5':
        member.type = kDirectory;
        break;
      case '3':
      case '4':
      case '6':
        member.type = kOther;
        break;
      default:
        throw Error(ErrorKind::kRefused,
                    fmt::format("`{}` in the tar archive is of an unknown type",
                                printable_name(header.path())));
    }
    if (member.type != kFile) return member;
    member.offset = at_;
    member.size_bytes = size ? *size : header.size();
    step_over(member.size_bytes);
    return member;
  }

  const ReadableFile& file_;
  std::uint64_t at_ = 0;
  std::array<char, kTarBlockSize> block_{};
};

void refuse_compressed(const ReadableFile& file, std::string_view name) {
  std::array<char, 6> magic{};
  const std::size_t n = file.read_at(0, magic);
  const std::string_view first(magic.data(), n);
  const Codec codec = detect_codec(first);
  const std::string_view xz(
      "\xfd"
      "7zXZ\0",
      6);
  if (codec == Codec::kNone && first != xz) return;
  const std::string_view tool = codec == Codec::kGzip    ? "gzip"
                                : codec == Codec::kZstd  ? "zstd"
                                : codec == Codec::kBzip2 ? "bzip2"
                                                         : "xz";
  throw Error(
      ErrorKind::kRefused,
      fmt::format("expected an uncompressed tar archive, `{}` is compressed by {}", name, tool))
      .hint(fmt::format("run `{} -dc {} > image.tar` and use that file", tool, name));
}

std::string parent_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string() : std::string(path.substr(0, slash));
}

/// Where a link of `from` leads within the archive; absent when that is outside of it.
std::optional<std::string> resolve(std::string_view from, std::string_view target) {
  std::string out = target.starts_with('/') ? std::string() : parent_of(from);
  while (!target.empty()) {
    const std::size_t slash = target.find('/');
    const std::string_view part = target.substr(0, slash);
    target.remove_prefix(slash == std::string_view::npos ? target.size() : slash + 1);
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      if (out.empty()) return std::nullopt;
      out = parent_of(out);
      continue;
    }
    if (!out.empty()) out += '/';
    out += part;
  }
  return out;
}

}  // namespace

TarIndex TarIndex::read(const ReadableFile& file, std::string_view name) {
  return in_context(
      [&] { return fmt::format("while reading `{}`", name); },
      [&] {
        refuse_compressed(file, name);
        TarIndex out;
        HeaderWalk walk(file);
        while (auto member = walk.next()) {
          const std::string path = normalise_entry_path(member->first, Backslash::kOrdinary);
          const bool fresh = out.members_.try_emplace(path, member->second).second;
          if (!fresh && member->second.type != Member::Type::kDirectory) {
            throw damaged(
                fmt::format("the tar archive has the entry `{}` twice", printable_name(path)));
          }
          if (out.members_.size() > kMemberLimit) {
            throw Error(ErrorKind::kRefused,
                        fmt::format("the tar archive has more than {} entries", kMemberLimit));
          }
        }
        return out;
      });
}

const TarIndex::Member* TarIndex::find_file(std::string_view path) const {
  std::optional<std::string> at = resolve("", path);
  for (int links = 0; at && links <= kLinkLimit; ++links) {
    const auto found = members_.find(*at);
    if (found == members_.end()) return nullptr;
    if (found->second.type == Member::Type::kFile) return &found->second;
    if (found->second.type != Member::Type::kLink) return nullptr;
    at = resolve(*at, found->second.target);
  }
  return nullptr;
}

std::size_t FileSlice::read_at(std::uint64_t offset, std::span<char> buffer) const {
  if (offset >= size_bytes_) return 0;
  const auto wanted = std::min<std::uint64_t>(buffer.size(), size_bytes_ - offset);
  return file_->read_at(offset_ + offset, buffer.first(wanted));
}

}  // namespace kasane::registry
