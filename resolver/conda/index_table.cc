#include "resolver/conda/index_table.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <span>

#include "resolver/conda/version.h"

namespace kasane::resolver {
namespace {

using index_format::kNoId;
using index_format::RecordRow;

template <class T>
void append_bytes(std::span<const T> values, std::string& out) {
  out.append(reinterpret_cast<const char*>(values.data()), values.size_bytes());
}

bool is_conda(const RecordRow& row) { return (row.flags & index_format::kIsCondaFormat) != 0; }

/// NAME-VERSION-BUILD with the ending of the format, as nearly all are called.
bool is_usual_file_name(const RecordContent& record, bool conda_format) {
  const std::string_view ending = conda_format ? ".conda" : ".tar.bz2";
  std::string_view file = record.file_name;
  const std::size_t size =
      record.name.size() + record.version.size() + record.build.size() + 2 + ending.size();
  if (file.size() != size || !file.starts_with(record.name) || !file.ends_with(ending))
    return false;
  file.remove_prefix(record.name.size());
  file.remove_suffix(ending.size());
  return file.front() == '-' && file.substr(1, record.version.size()) == record.version &&
         file[1 + record.version.size()] == '-' && file.ends_with(record.build);
}

}  // namespace

void RecordContent::clear() {
  std::vector<std::string_view> old_depends = std::move(depends);
  std::vector<std::string_view> old_constrains = std::move(constrains);
  *this = {};
  old_depends.clear();
  old_constrains.clear();
  depends = std::move(old_depends);
  constrains = std::move(old_constrains);
}

std::uint32_t TableBuilder::id_of(std::string_view text) {
  return text.empty() ? kNoId : strings_.id_of(text);
}

std::uint32_t TableBuilder::list_id(const std::vector<std::string_view>& items) {
  if (items.empty()) return kNoId;
  scratch_.clear();
  for (const std::string_view item : items) {
    const std::uint32_t id = strings_.id_of(item);
    append_bytes(std::span(&id, 1), scratch_);
  }
  return lists_.id_of(scratch_);
}

void TableBuilder::add(const RecordContent& record) {
  RecordRow row = {};
  row.build_number = record.build_number;
  row.size_bytes = record.size_bytes;
  row.timestamp_ms = record.timestamp_ms;
  row.version = strings_.id_of(record.version);
  row.build = strings_.id_of(record.build);
  const bool conda_format = (record.flags & index_format::kIsCondaFormat) != 0;
  row.file_name =
      is_usual_file_name(record, conda_format) ? kNoId : strings_.id_of(record.file_name);
  row.depends = list_id(record.depends);
  row.constrains = list_id(record.constrains);
  row.track_features = id_of(record.track_features);
  row.features = id_of(record.features);
  row.license = id_of(record.license);
  row.license_family = id_of(record.license_family);
  row.site_packages = id_of(record.site_packages);
  row.flags = record.flags;
  row.md5 = record.md5;
  row.sha256 = record.sha256;
  if (row.version >= keys_.size()) keys_.resize(row.version + 1, kNoId);
  if (keys_[row.version] == kNoId) {
    scratch_.clear();
    append_version_key(record.version, scratch_);
    keys_[row.version] = strings_.id_of(scratch_);
  }
  row.version_key = keys_[row.version];
  std::vector<std::uint32_t>& rows = row_of_file_[conda_format ? 1 : 0];
  const std::uint32_t file = files_[conda_format ? 1 : 0].id_of(record.file_name);
  if (file < rows.size()) {
    rows_[rows[file]] = row;
  } else {
    rows.push_back(static_cast<std::uint32_t>(rows_.size()));
    rows_.push_back(row);
  }
}

std::vector<std::uint32_t> TableBuilder::sorted_rows() {
  const auto text = [&](std::uint32_t id) {
    return id == kNoId ? std::string_view() : strings_.text_of(id);
  };
  std::vector<std::uint32_t> order(rows_.size());
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(), [&](std::uint32_t left, std::uint32_t right) {
    const RecordRow& a = rows_[left];
    const RecordRow& b = rows_[right];
    if (a.version_key != b.version_key) return text(a.version_key) < text(b.version_key);
    if (a.build_number != b.build_number) return a.build_number < b.build_number;
    if (a.build != b.build) return text(a.build) < text(b.build);
    if (a.version != b.version) return text(a.version) < text(b.version);
    if (is_conda(a) != is_conda(b)) return is_conda(b);
    return text(a.file_name) < text(b.file_name);
  });
  return order;
}

void TableBuilder::mark_twins(const std::vector<std::uint32_t>& order) {
  for (std::size_t i = 0; i < order.size(); ++i) {
    RecordRow& row = rows_[order[i]];
    for (std::size_t k = i + 1; !is_conda(row) && k < order.size(); ++k) {
      const RecordRow& other = rows_[order[k]];
      const bool same_build = other.build_number == row.build_number && other.build == row.build &&
                              other.version == row.version;
      if (!same_build) break;
      if (is_conda(other)) row.flags |= index_format::kHasCondaTwin;
    }
  }
}

std::string TableBuilder::finish() {
  const std::vector<std::uint32_t> order = sorted_rows();
  mark_twins(order);
  std::vector<std::uint32_t> string_bounds = {0};
  for (std::uint32_t id = 0; id < strings_.size(); ++id) {
    const std::size_t end = string_bounds.back() + strings_.text_of(id).size();
    string_bounds.push_back(static_cast<std::uint32_t>(end));
  }
  std::vector<std::uint32_t> list_bounds = {0};
  for (std::uint32_t id = 0; id < lists_.size(); ++id) {
    const std::size_t size = lists_.text_of(id).size() / sizeof(std::uint32_t);
    list_bounds.push_back(list_bounds.back() + static_cast<std::uint32_t>(size));
  }
  const index_format::TableHead head = {
      static_cast<std::uint32_t>(rows_.size()), static_cast<std::uint32_t>(lists_.size()),
      list_bounds.back(), static_cast<std::uint32_t>(strings_.size())};
  std::string out;
  out.reserve(sizeof head + rows_.size() * sizeof(RecordRow) + string_bounds.back() +
              sizeof(std::uint32_t) *
                  (list_bounds.size() + list_bounds.back() + string_bounds.size()));
  append_bytes(std::span(&head, 1), out);
  for (const std::uint32_t i : order) append_bytes(std::span<const RecordRow>(&rows_[i], 1), out);
  append_bytes(std::span<const std::uint32_t>(list_bounds), out);
  for (std::uint32_t id = 0; id < lists_.size(); ++id) out += lists_.text_of(id);
  append_bytes(std::span<const std::uint32_t>(string_bounds), out);
  for (std::uint32_t id = 0; id < strings_.size(); ++id) out += strings_.text_of(id);
  return out;
}

}  // namespace kasane::resolver
