#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "resolver/conda/index_format.h"
#include "resolver/conda/string_pool.h"

namespace kasane::resolver {

/// All that is kept of a record, as views of whatever it was read from. Absent texts are empty.
struct RecordContent {
  std::string_view file_name;
  std::string_view name;
  std::string_view version;
  std::string_view build;
  std::uint64_t build_number = 0;
  std::uint64_t size_bytes = 0;
  std::int64_t timestamp_ms = 0;
  std::vector<std::string_view> depends;
  std::vector<std::string_view> constrains;
  std::string_view track_features;
  std::string_view features;
  std::string_view license;
  std::string_view license_family;
  std::string_view site_packages;
  /// index_format::RecordFlags.
  std::uint32_t flags = 0;
  std::array<std::uint8_t, 16> md5 = {};
  std::array<std::uint8_t, 32> sha256 = {};

  /// As it was at first, but for room that was taken.
  void clear();
};

/// Makes the table of one name's records (docs/formats/index.md): sorted by version, build number,
/// build string and file; of two records for one file the later is taken. Texts are copied. Not
/// thread-safe.
class TableBuilder {
 public:
  /// A record that RecordRules found nothing against.
  void add(const RecordContent& record);
  std::size_t size() const { return rows_.size(); }
  std::string finish();

 private:
  std::uint32_t id_of(std::string_view text);
  std::uint32_t list_id(const std::vector<std::string_view>& items);
  std::vector<std::uint32_t> sorted_rows();
  void mark_twins(const std::vector<std::uint32_t>& order);

  StringPool strings_;
  /// Lists as bytes of their items' ids.
  StringPool lists_;
  /// File names of `.tar.bz2` and of `.conda`, and by id of these the row.
  std::array<StringPool, 2> files_;
  std::array<std::vector<std::uint32_t>, 2> row_of_file_;
  std::vector<index_format::RecordRow> rows_;
  /// By id of a version: the id of its key.
  std::vector<std::uint32_t> keys_;
  std::string scratch_;
};

}  // namespace kasane::resolver
