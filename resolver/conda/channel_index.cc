#include "resolver/conda/channel_index.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <mutex>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/error.h"
#include "resolver/conda/index_table.h"
#include "resolver/conda/mapped_file.h"
#include "resolver/conda/repodata_reader.h"
#include "resolver/conda/table_store.h"

namespace kasane::resolver {

using index_format::Footer;
using index_format::NameRow;
using index_format::RecordPosition;

/// The mapped file, whose footer, names and facts were checked when it was opened, and the tables
/// made of it.
struct ChannelIndex::State {
  State(Path index_path, MappedFile mapped, const std::optional<Path>& kept)
      : path(std::move(index_path)), file(std::move(mapped)), tables(kept) {}

  bool check() {
    const std::string_view bytes = file.bytes();
    if (bytes.size() < sizeof footer) return false;
    std::memcpy(&footer, bytes.data() + bytes.size() - sizeof footer, sizeof footer);
    const bool known =
        footer.magic == index_format::kMagic && footer.version == index_format::kVersion &&
        footer.checksum == index_format::checksum(&footer, offsetof(Footer, checksum));
    if (!known) return false;
    const std::uint64_t rows = std::uint64_t{footer.name_count} * sizeof(NameRow);
    const auto all_positions =
        part(footer.positions_offset,
             std::min<std::uint64_t>(footer.record_count, bytes.size()) * sizeof(RecordPosition));
    const auto all_names =
        checked_part(footer.names_offset, footer.names_size, footer.names_checksum);
    const auto all_facts =
        checked_part(footer.facts_offset, footer.facts_size, footer.facts_checksum);
    const auto all_json = part(0, footer.json_size);
    if (!all_positions || !all_names || !all_facts || !all_json || rows > all_names->size()) {
      return false;
    }
    positions = *all_positions;
    names = *all_names;
    facts = *all_facts;
    json = *all_json;
    texts = names.substr(rows);
    return true;
  }

  std::optional<std::string_view> part(std::uint64_t offset, std::uint64_t size) const {
    const std::string_view bytes = file.bytes();
    if (offset > bytes.size() || size > bytes.size() - offset) return std::nullopt;
    return bytes.substr(offset, size);
  }
  std::optional<std::string_view> checked_part(std::uint64_t offset, std::uint64_t size,
                                               std::uint32_t checksum) const {
    const auto out = part(offset, size);
    if (!out || index_format::checksum(out->data(), out->size()) != checksum) return std::nullopt;
    return out;
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
  std::optional<std::size_t> find_name(std::string_view wanted) const {
    std::size_t low = 0;
    std::size_t high = footer.name_count;
    while (low < high) {
      const std::size_t middle = low + (high - low) / 2;
      if (name(middle) < wanted) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    if (low == footer.name_count || name(low) != wanted) return std::nullopt;
    return low;
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

  TableStore::Key table_key(std::size_t i) const {
    TableStore::Key out = {};
    const auto number = static_cast<std::uint32_t>(i);
    std::memcpy(out.data(), footer.identity.data(), footer.identity.size());
    std::memcpy(out.data() + footer.identity.size(), &number, sizeof number);
    return out;
  }

  /// The records of a name as JSON, those of `packages` and those of `packages.conda`; nothing when
  /// the file is damaged there.
  std::optional<std::array<std::string, 2>> find_json(std::size_t i) const {
    const NameRow found = row(i);
    const auto rows =
        std::uint64_t{found.first_position} + found.position_count <= footer.record_count
            ? positions.substr(found.first_position * sizeof(RecordPosition),
                               found.position_count * sizeof(RecordPosition))
            : std::string_view();
    if (rows.empty() ||
        index_format::checksum(rows.data(), rows.size()) != found.positions_checksum) {
      return std::nullopt;
    }
    std::array<std::string, 2> out = {"{", "{"};
    for (std::size_t k = 0; k < found.position_count; ++k) {
      RecordPosition position;
      std::memcpy(&position, rows.data() + k * sizeof position, sizeof position);
      const auto text = checked_part(position.offset, position.size(), position.checksum);
      if (!text || position.offset + position.size() > json.size()) return std::nullopt;
      std::string& list = out[position.conda_format() ? 1 : 0];
      if (list.size() > 1) list += ',';
      list += *text;
    }
    for (std::string& list : out) list += '}';
    return out;
  }

  std::optional<std::string> make_table(std::size_t i) {
    auto json_of_name = find_json(i);
    if (!json_of_name) return std::nullopt;
    const std::unique_ptr<RepodataReader> reader = take_reader();
    TableBuilder table;
    for (const bool conda_format : {false, true}) {
      std::string& members = (*json_of_name)[conda_format ? 1 : 0];
      if (members.size() > 2) reader->read(std::move(members), conda_format, table);
    }
    give_back(std::move(*reader));
    return table.finish();
  }

  std::unique_ptr<RepodataReader> take_reader() {
    const std::lock_guard lock(mutex);
    if (readers.empty()) return std::make_unique<RepodataReader>();
    auto out = std::make_unique<RepodataReader>(std::move(readers.back()));
    readers.pop_back();
    return out;
  }
  void give_back(RepodataReader reader) {
    const std::lock_guard lock(mutex);
    readers.push_back(std::move(reader));
  }

  const Path path;
  MappedFile file;
  std::string_view json;
  std::string_view positions;
  std::string_view names;
  std::string_view texts;
  std::string_view facts;
  Footer footer = {};
  TableStore tables;
  std::mutex mutex;
  std::vector<RepodataReader> readers;
};

ChannelIndex::ChannelIndex(std::unique_ptr<State> state) : state_(std::move(state)) {}
ChannelIndex::ChannelIndex(ChannelIndex&&) noexcept = default;
ChannelIndex& ChannelIndex::operator=(ChannelIndex&&) noexcept = default;
ChannelIndex::~ChannelIndex() = default;

std::optional<ChannelIndex> ChannelIndex::open(const Path& path,
                                               const std::optional<Path>& tables) {
  std::optional<MappedFile> file = MappedFile::open(path);
  if (!file) return std::nullopt;
  auto state = std::make_unique<State>(path, std::move(*file), tables);
  if (!state->check()) return std::nullopt;
  return ChannelIndex(std::move(state));
}

std::size_t ChannelIndex::name_count() const { return state_->footer.name_count; }
std::uint64_t ChannelIndex::record_count() const { return state_->footer.record_count; }
std::string_view ChannelIndex::name(std::size_t i) const { return state_->name(i); }
bool ChannelIndex::has(std::string_view name) const { return state_->find_name(name).has_value(); }
std::string_view ChannelIndex::base_url() const { return state_->fact("base_url"); }
std::string_view ChannelIndex::subdir() const { return state_->fact("subdir"); }
std::string_view ChannelIndex::source() const { return state_->fact("source"); }
std::string_view ChannelIndex::first_problem() const { return state_->fact("first_problem"); }

std::string ChannelIndex::identity() const {
  return to_hex(state_->footer.identity.data(), state_->footer.identity.size());
}

std::uint64_t ChannelIndex::left_out() const {
  const std::string_view text = state_->fact("left_out");
  std::uint64_t out = 0;
  std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

std::optional<NameTable> ChannelIndex::find(std::string_view name) const {
  const auto i = state_->find_name(name);
  if (!i) return std::nullopt;
  const TableStore::Key key = state_->table_key(*i);
  if (const auto kept = state_->tables.find(key)) {
    if (auto table = NameTable::find_in(state_->name(*i), *kept)) return table;
  }
  std::optional<std::string> made = state_->make_table(*i);
  if (!made) {
    PosixFileSystem().remove(state_->path);
    throw Error(ErrorKind::kIntegrity, fmt::format("the channel's index is damaged at `{}`", name))
        .hint("run the command again: the index is made anew");
  }
  return NameTable::find_in(state_->name(*i), state_->tables.add(key, std::move(*made)));
}

}  // namespace kasane::resolver
