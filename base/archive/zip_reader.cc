#include "base/archive/zip_reader.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>

#include "base/archive/entry_path.h"
#include "base/archive/zip_directory.h"
#include "base/error.h"

namespace kasane {
namespace {

constexpr std::size_t kInputSize = std::size_t{64} << 10;

Error damaged_entry(const ZipEntry& entry, std::string_view what) {
  return Error(ErrorKind::kIntegrity,
               fmt::format("damaged zip entry `{}`: {}", printable_name(entry.name), what));
}

/// Counts and sums what an entry gives; done once all of it was seen and found right.
class EntryCheck {
 public:
  explicit EntryCheck(const ZipEntry& entry) : entry_(entry) {}

  std::uint64_t left() const { return entry_.size_bytes - done_; }

  void add(std::span<const char> bytes) {
    crc_ =
        crc32_gzip_refl(crc_, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
    done_ += bytes.size();
    if (left() == 0 && crc_ != entry_.crc32) {
      throw damaged_entry(entry_,
                          fmt::format("its CRC is {:08x}, expected {:08x}", crc_, entry_.crc32));
    }
  }

 private:
  const ZipEntry& entry_;
  std::uint64_t done_ = 0;
  std::uint32_t crc_ = 0;
};

class StoredSource final : public ByteSource {
 public:
  StoredSource(const ReadableFile& file, ZipEntry entry)
      : file_(file), entry_(std::move(entry)), check_(entry_) {}

  std::size_t read(std::span<char> buffer) override {
    const auto wanted =
        static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), check_.left()));
    const std::uint64_t offset = entry_.data_offset + entry_.size_bytes - check_.left();
    const std::size_t count = wanted == 0 ? 0 : file_.read_at(offset, buffer.first(wanted));
    if (count < wanted) throw damaged_entry(entry_, "the file ends too early");
    check_.add(buffer.first(count));
    return count;
  }

 private:
  const ReadableFile& file_;
  ZipEntry entry_;
  EntryCheck check_;
};

class DeflatedSource final : public ByteSource {
 public:
  DeflatedSource(const ReadableFile& file, ZipEntry entry)
      : file_(file), entry_(std::move(entry)), check_(entry_) {
    isal_inflate_init(&state_);
    state_.crc_flag = ISAL_DEFLATE;
  }

  std::size_t read(std::span<char> buffer) override {
    if (buffer.empty()) return 0;
    const auto wanted = static_cast<std::size_t>(
        std::min<std::uint64_t>({buffer.size(), check_.left(), std::uint64_t{1} << 30}));
    const std::size_t count = inflate_into(buffer.first(wanted));
    if (count < wanted)
      throw damaged_entry(entry_, fmt::format("{} bytes are missing", check_.left() - count));
    if (count == check_.left()) check_end();
    check_.add(buffer.first(count));
    return count;
  }

 private:
  bool finished() const { return state_.block_state == ISAL_BLOCK_FINISH; }

  /// Fills `buffer`; less only at the end of the compressed data.
  std::size_t inflate_into(std::span<char> buffer) {
    state_.next_out = reinterpret_cast<std::uint8_t*>(buffer.data());
    state_.avail_out = static_cast<std::uint32_t>(buffer.size());
    while (state_.avail_out > 0 && !finished()) {
      if (!step()) break;
    }
    return buffer.size() - state_.avail_out;
  }

  /// One call of the library; false when it can do no more without input, and there is none.
  bool step() {
    const bool had_input = fill_input();
    const std::uint32_t in_before = state_.avail_in;
    const std::uint32_t out_before = state_.avail_out;
    const int result = isal_inflate(&state_);
    if (result != ISAL_DECOMP_OK && result != ISAL_END_INPUT) {
      throw damaged_entry(entry_, "its compressed data is invalid");
    }
    return had_input || state_.avail_in != in_before || state_.avail_out != out_before ||
           finished();
  }

  bool fill_input() {
    if (state_.avail_in > 0) return true;
    const auto size = static_cast<std::size_t>(
        std::min<std::uint64_t>(input_.size(), entry_.compressed_size_bytes - taken_));
    const std::size_t count =
        size == 0 ? 0 : file_.read_at(entry_.data_offset + taken_, std::span(input_).first(size));
    if (count < size) throw damaged_entry(entry_, "the file ends too early");
    taken_ += count;
    state_.next_in = reinterpret_cast<std::uint8_t*>(input_.data());
    state_.avail_in = static_cast<std::uint32_t>(count);
    return count > 0;
  }

  /// Called once all bytes are out: the compressed data must end here too.
  void check_end() {
    char more = 0;
    if (inflate_into(std::span(&more, 1)) != 0) {
      throw damaged_entry(entry_, fmt::format("it holds more than {} bytes", entry_.size_bytes));
    }
    if (!finished()) throw damaged_entry(entry_, "its compressed data ends too early");
    const std::uint64_t unread = entry_.compressed_size_bytes - taken_ + state_.avail_in +
                                 static_cast<std::uint64_t>(std::max(state_.read_in_length, 0)) / 8;
    if (unread != 0) {
      throw damaged_entry(entry_, fmt::format("{} bytes after its compressed data", unread));
    }
  }

  const ReadableFile& file_;
  ZipEntry entry_;
  EntryCheck check_;
  inflate_state state_;
  std::uint64_t taken_ = 0;
  std::array<char, kInputSize> input_;
};

}  // namespace

ZipReader::ZipReader(const ReadableFile& file, std::vector<ZipEntry> entries)
    : file_(&file), entries_(std::move(entries)) {
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (!by_name_.emplace(entries_[i].name, i).second) {
      throw Error(ErrorKind::kRefused, fmt::format("ambiguous zip archive: two entries `{}`",
                                                   printable_name(entries_[i].name)));
    }
  }
}

ZipReader ZipReader::open(const ReadableFile& file) {
  return ZipReader(file, read_zip_directory(file));
}

const ZipEntry* ZipReader::find(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : &entries_[found->second];
}

std::unique_ptr<ByteSource> ZipReader::open_entry(const ZipEntry& entry) const {
  return open_zip_entry(*file_, entry);
}

std::unique_ptr<ByteSource> open_zip_entry(const ReadableFile& file, const ZipEntry& entry) {
  switch (entry.method) {
    case ZipEntry::Method::kStored:
      return std::make_unique<StoredSource>(file, entry);
    case ZipEntry::Method::kDeflated:
      return std::make_unique<DeflatedSource>(file, entry);
  }
  throw Error(ErrorKind::kRefused,
              fmt::format("zip entry `{}` is compressed by method {}, expected stored (0) or "
                          "deflated (8)",
                          printable_name(entry.name), static_cast<int>(entry.method)));
}

}  // namespace kasane
