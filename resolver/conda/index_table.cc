#include "resolver/conda/index_table.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace kasane::resolver {
namespace {

using index_format::kNoId;
using index_format::RecordRow;

template <class T>
void append_bytes(const T* values, std::size_t count, std::string& out) {
  out.append(reinterpret_cast<const char*>(values), count * sizeof(T));
}

std::string_view text_of(const RecordReference& of, std::uint32_t id) {
  return id == kNoId ? std::string_view() : of.reader->strings().text_of(id);
}

bool is_conda(const RecordReference& of) {
  return (of.record->row.flags & index_format::kIsCondaFormat) != 0;
}

/// All that a file's name tells, and what sorts records.
auto sort_key(const RecordReference& of) {
  const RecordRow& row = of.record->row;
  return std::make_tuple(std::string_view(of.reader->version_key(row.version)), row.build_number,
                         text_of(of, row.build), text_of(of, row.version), is_conda(of),
                         text_of(of, row.file_name));
}

/// The same but for format and file name.
bool is_same_build(const RecordReference& a, const RecordReference& b) {
  return a.record->row.build_number == b.record->row.build_number &&
         text_of(a, a.record->row.version) == text_of(b, b.record->row.version) &&
         text_of(a, a.record->row.build) == text_of(b, b.record->row.build);
}

class TableEncoder {
 public:
  explicit TableEncoder(StringListReader& lists) : reader_(lists) {}

  void add(const RecordReference& of, bool has_twin) {
    RecordRow row = of.record->row;
    for (std::uint32_t RecordRow::*field :
         {&RecordRow::version, &RecordRow::build, &RecordRow::file_name, &RecordRow::track_features,
          &RecordRow::features, &RecordRow::license, &RecordRow::license_family,
          &RecordRow::site_packages}) {
      if (row.*field != kNoId) row.*field = strings_.id_of(text_of(of, row.*field));
    }
    row.version_key = strings_.id_of(of.reader->version_key(of.record->row.version));
    row.depends = list_id(of, row.depends);
    row.constrains = list_id(of, row.constrains);
    if (has_twin) row.flags |= index_format::kHasCondaTwin;
    rows_.push_back(row);
  }

  std::string finish() const {
    std::vector<std::uint32_t> string_bounds = {0};
    for (std::uint32_t id = 0; id < strings_.size(); ++id) {
      string_bounds.push_back(string_bounds.back() +
                              static_cast<std::uint32_t>(strings_.text_of(id).size()));
    }
    const index_format::TableHead head = {static_cast<std::uint32_t>(rows_.size()),
                                          static_cast<std::uint32_t>(list_bounds_.size() - 1),
                                          static_cast<std::uint32_t>(items_.size()),
                                          static_cast<std::uint32_t>(strings_.size())};
    std::string out;
    out.reserve(sizeof head + rows_.size() * sizeof(RecordRow) + string_bounds.back() +
                4 * (list_bounds_.size() + items_.size() + string_bounds.size()));
    append_bytes(&head, 1, out);
    append_bytes(rows_.data(), rows_.size(), out);
    append_bytes(list_bounds_.data(), list_bounds_.size(), out);
    append_bytes(items_.data(), items_.size(), out);
    append_bytes(string_bounds.data(), string_bounds.size(), out);
    for (std::uint32_t id = 0; id < strings_.size(); ++id) out += strings_.text_of(id);
    return out;
  }

 private:
  std::uint32_t list_id(const RecordReference& of, std::uint32_t raw) {
    if (raw == kNoId) return kNoId;
    const auto [known, fresh] = raw_lists_.try_emplace({of.reader, raw}, kNoId);
    if (!fresh) return known->second;
    reader_.read(of.reader->strings().text_of(raw), texts_);
    std::vector<std::uint32_t> ids;
    for (const std::string_view text : texts_) ids.push_back(strings_.id_of(text));
    const auto id = static_cast<std::uint32_t>(list_bounds_.size() - 1);
    const auto [same, new_list] = lists_.try_emplace(ids, id);
    if (new_list) {
      items_.insert(items_.end(), ids.begin(), ids.end());
      list_bounds_.push_back(static_cast<std::uint32_t>(items_.size()));
    }
    return known->second = same->second;
  }

  StringListReader& reader_;
  StringPool strings_;
  std::vector<RecordRow> rows_;
  std::vector<std::uint32_t> list_bounds_ = {0};
  std::vector<std::uint32_t> items_;
  std::map<std::pair<const RepodataReader*, std::uint32_t>, std::uint32_t> raw_lists_;
  std::map<std::vector<std::uint32_t>, std::uint32_t> lists_;
  std::vector<std::string_view> texts_;
};

}  // namespace

EncodedTable encode_table(std::vector<RecordReference>& records, StringListReader& lists) {
  using Key = decltype(sort_key(records.front()));
  std::vector<std::pair<Key, RecordReference>> sorted;
  sorted.reserve(records.size());
  for (const RecordReference& of : records) sorted.emplace_back(sort_key(of), of);
  std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
    if (a.first != b.first) return a.first < b.first;
    return a.second.record->position > b.second.record->position;
  });
  const auto last = std::unique(sorted.begin(), sorted.end(),
                                [](const auto& a, const auto& b) { return a.first == b.first; });
  records.clear();
  for (auto of = sorted.begin(); of != last; ++of) records.push_back(of->second);
  TableEncoder encoder(lists);
  for (std::size_t i = 0; i < records.size(); ++i) {
    bool has_twin = false;
    for (std::size_t k = i + 1;
         !is_conda(records[i]) && k < records.size() && is_same_build(records[i], records[k]);
         ++k) {
      has_twin = has_twin || is_conda(records[k]);
    }
    encoder.add(records[i], has_twin);
  }
  return {encoder.finish(), static_cast<std::uint32_t>(records.size())};
}

}  // namespace kasane::resolver
