#include <cstring>

#include <fmt/format.h>

#include "resolver/conda/channel_index.h"

namespace kasane::resolver {

using index_format::kNoId;
using index_format::RecordRow;

std::optional<NameTable> NameTable::find_in(std::string_view name, std::string_view bytes) {
  NameTable out;
  out.name_ = name;
  if (bytes.size() < sizeof out.head_) return std::nullopt;
  std::memcpy(&out.head_, bytes.data(), sizeof out.head_);
  const index_format::TableHead& head = out.head_;
  const std::uint64_t rows = std::uint64_t{head.record_count} * sizeof(RecordRow);
  const std::uint64_t numbers =
      std::uint64_t{head.list_count} + 1 + head.item_count + head.string_count + 1;
  const std::uint64_t fixed = sizeof head + rows + numbers * sizeof(std::uint32_t);
  if (fixed > bytes.size()) return std::nullopt;
  out.rows_ = bytes.data() + sizeof head;
  out.list_bounds_ = reinterpret_cast<const std::uint32_t*>(out.rows_ + rows);
  out.items_ = out.list_bounds_ + head.list_count + 1;
  out.texts_.bounds_ = out.items_ + head.item_count;
  out.texts_.count_ = head.string_count;
  out.texts_.bytes_ = bytes.substr(fixed);
  return out;
}

RecordRow NameTable::row(std::size_t i) const {
  RecordRow out;
  std::memcpy(&out, rows_ + i * sizeof out, sizeof out);
  return out;
}

std::string_view IndexTexts::operator[](std::uint32_t id) const {
  if (id >= count_) return {};
  const std::uint32_t begin = bounds_[id];
  const std::uint32_t end = bounds_[id + 1];
  if (begin > end || end > bytes_.size()) return {};
  return bytes_.substr(begin, end - begin);
}

IndexList NameTable::list(std::uint32_t id) const {
  IndexList out;
  if (id >= head_.list_count) return out;
  const std::uint32_t begin = list_bounds_[id];
  const std::uint32_t end = list_bounds_[id + 1];
  if (begin > end || end > head_.item_count) return out;
  out.texts_ = texts_;
  out.ids_ = items_ + begin;
  out.size_ = end - begin;
  return out;
}

std::string_view NameTable::version_key(std::size_t i) const { return text(row(i).version_key); }

RecordFields NameTable::fields(std::size_t i) const {
  const RecordRow found = row(i);
  RecordFields out;
  out.name = name_;
  out.version = text(found.version);
  out.version_key = text(found.version_key);
  out.build = text(found.build);
  out.build_number = found.build_number;
  out.license = text(found.license);
  out.license_family = text(found.license_family);
  out.track_features = text(found.track_features);
  out.features = text(found.features);
  return out;
}

IndexRecord NameTable::nameless_record(std::size_t i) const {
  const RecordRow found = row(i);
  const auto has = [&](std::uint32_t flag) { return (found.flags & flag) != 0; };
  IndexRecord out;
  out.version = text(found.version);
  out.version_key = text(found.version_key);
  out.build = text(found.build);
  out.build_number = found.build_number;
  out.size_bytes = found.size_bytes;
  out.timestamp_ms = found.timestamp_ms;
  out.depends = list(found.depends);
  out.constrains = list(found.constrains);
  out.track_features = text(found.track_features);
  out.features = text(found.features);
  out.license = text(found.license);
  out.license_family = text(found.license_family);
  out.site_packages = text(found.site_packages);
  out.noarch_python = has(index_format::kNoarchPython);
  out.noarch = out.noarch_python || has(index_format::kNoarchGeneric);
  out.conda_format = has(index_format::kIsCondaFormat);
  out.has_conda_twin = has(index_format::kHasCondaTwin);
  if (has(index_format::kHasSha256)) out.sha256 = Digest(found.sha256);
  if (has(index_format::kHasMd5)) out.md5 = Md5Digest(found.md5);
  return out;
}

IndexRecord NameTable::record(std::size_t i) const {
  IndexRecord out = nameless_record(i);
  const std::uint32_t file_name = row(i).file_name;
  out.file_name = file_name != kNoId ? std::string(text(file_name))
                                     : fmt::format("{}-{}-{}{}", name_, out.version, out.build,
                                                   out.conda_format ? ".conda" : ".tar.bz2");
  return out;
}

}  // namespace kasane::resolver
