#include "resolver/conda/channel_index.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"

namespace kasane::resolver {

using index_format::Footer;
using index_format::NameRow;

/// The mapped file. Footer, names and facts were checked when it was opened.
struct ChannelIndex::Mapping {
  ~Mapping() {
    if (bytes.data() != nullptr) munmap(const_cast<char*>(bytes.data()), bytes.size());
  }

  bool check() {
    if (bytes.size() < sizeof footer) return false;
    std::memcpy(&footer, bytes.data() + bytes.size() - sizeof footer, sizeof footer);
    const bool known =
        footer.magic == index_format::kMagic && footer.version == index_format::kVersion &&
        footer.checksum == index_format::checksum(&footer, offsetof(Footer, checksum));
    if (!known) return false;
    const std::uint64_t rows = std::uint64_t{footer.name_count} * sizeof(NameRow);
    if (!part(footer.names_offset, footer.names_size, footer.names_checksum, names) ||
        !part(footer.facts_offset, footer.facts_size, footer.facts_checksum, facts) ||
        rows > names.size()) {
      return false;
    }
    texts = names.substr(rows);
    return true;
  }

  bool part(std::uint64_t offset, std::uint64_t size, std::uint32_t checksum,
            std::string_view& out) const {
    if (offset > bytes.size() || size > bytes.size() - offset) return false;
    out = bytes.substr(offset, size);
    return index_format::checksum(out.data(), out.size()) == checksum;
  }

  NameRow row(std::size_t i) const {
    NameRow out;
    std::memcpy(&out, names.data() + i * sizeof out, sizeof out);
    return out;
  }
  std::string_view name(std::size_t i) const {
    const NameRow found = row(i);
    if (found.text_offset > texts.size()) return {};
    return texts.substr(found.text_offset, found.text_size);
  }
  std::string_view fact(std::string_view key) const {
    std::string_view rest = facts;
    while (!rest.empty()) {
      const std::string_view line = rest.substr(0, rest.find('\n'));
      if (line.starts_with(key) && line.substr(key.size()).starts_with('=')) {
        return line.substr(key.size() + 1);
      }
      rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    }
    return {};
  }

  std::string_view bytes;
  std::string_view names;
  std::string_view texts;
  std::string_view facts;
  Footer footer = {};
};

ChannelIndex::ChannelIndex(std::unique_ptr<Mapping> mapping) : mapping_(std::move(mapping)) {}
ChannelIndex::ChannelIndex(ChannelIndex&&) noexcept = default;
ChannelIndex& ChannelIndex::operator=(ChannelIndex&&) noexcept = default;
ChannelIndex::~ChannelIndex() = default;

std::optional<ChannelIndex> ChannelIndex::open(const Path& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    throw system_error(fmt::format("cannot open `{}`", path.string()));
  }
  struct stat status = {};
  const bool regular = fstat(file, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0;
  const auto size = regular ? static_cast<std::size_t>(status.st_size) : 0;
  void* bytes = regular ? mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, 0) : MAP_FAILED;
  ::close(file);
  if (bytes == MAP_FAILED) return std::nullopt;
  auto mapping = std::make_unique<Mapping>();
  mapping->bytes = {static_cast<const char*>(bytes), size};
  if (!mapping->check()) return std::nullopt;
  return ChannelIndex(std::move(mapping));
}

std::size_t ChannelIndex::name_count() const { return mapping_->footer.name_count; }
std::uint64_t ChannelIndex::record_count() const { return mapping_->footer.record_count; }
std::string_view ChannelIndex::name(std::size_t i) const { return mapping_->name(i); }
std::string_view ChannelIndex::base_url() const { return mapping_->fact("base_url"); }
std::string_view ChannelIndex::subdir() const { return mapping_->fact("subdir"); }
std::string_view ChannelIndex::source() const { return mapping_->fact("source"); }

std::optional<NameTable> ChannelIndex::find(std::string_view name) const {
  std::size_t low = 0;
  std::size_t high = name_count();
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    if (mapping_->name(middle) < name) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (low == name_count() || mapping_->name(low) != name) return std::nullopt;
  const NameRow row = mapping_->row(low);
  std::string_view bytes;
  std::optional<NameTable> table;
  if (mapping_->part(row.table_offset, row.table_size, row.table_checksum, bytes)) {
    table = NameTable::find_in(mapping_->name(low), bytes);
  }
  if (!table) {
    throw Error(ErrorKind::kIntegrity, fmt::format("the channel's index is damaged at `{}`", name))
        .hint("make it anew with `--refresh`");
  }
  return table;
}

}  // namespace kasane::resolver
