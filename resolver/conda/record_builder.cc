#include "resolver/conda/record_builder.h"

#include <array>
#include <cstring>

namespace kasane::resolver {
namespace {

using index_format::RecordFlags;

/// Timestamps below are seconds, as old records have them; above, milliseconds.
constexpr double kLastSecond = 253402300799;
constexpr double kLatest = 1e15;

/// By character: the value of a lower-case hex digit, or 255.
constexpr std::array<std::uint8_t, 256> kHexValues = [] {
  std::array<std::uint8_t, 256> out = {};
  out.fill(0xff);
  for (int i = 0; i < 10; ++i) out['0' + i] = static_cast<std::uint8_t>(i);
  for (int i = 0; i < 6; ++i) out['a' + i] = static_cast<std::uint8_t>(10 + i);
  return out;
}();

bool read_hex(std::string_view hex, std::uint8_t* out, std::size_t size) {
  if (hex.size() != size * 2) return false;
  unsigned wrong = 0;
  for (std::size_t i = 0; i < size; ++i) {
    const unsigned high = kHexValues[static_cast<unsigned char>(hex[2 * i])];
    const unsigned low = kHexValues[static_cast<unsigned char>(hex[2 * i + 1])];
    wrong |= high | low;
    out[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return (wrong & 0xf0) == 0;
}

void set_flag(RecordContent& record, RecordFlags flag, bool on) {
  record.flags = on ? record.flags | flag : record.flags & ~static_cast<std::uint32_t>(flag);
}

void set_noarch_text(RecordContent& record, std::string_view text) {
  set_flag(record, index_format::kNoarchPython, text == "python");
  set_flag(record, index_format::kNoarchGeneric, text == "generic");
}

std::string_view* find_text(RecordContent& record, RecordField field) {
  switch (field) {
    case RecordField::kBuild:
      return &record.build;
    case RecordField::kFeatures:
      return &record.features;
    case RecordField::kLicense:
      return &record.license;
    case RecordField::kLicenseFamily:
      return &record.license_family;
    case RecordField::kName:
      return &record.name;
    case RecordField::kSitePackages:
      return &record.site_packages;
    case RecordField::kTrackFeatures:
      return &record.track_features;
    case RecordField::kVersion:
      return &record.version;
    default:
      return nullptr;
  }
}

}  // namespace

RecordField record_field(std::string_view key) {
  switch (key.empty() ? '\0' : key.front()) {
    case 'b':
      if (key == "build") return RecordField::kBuild;
      if (key == "build_number") return RecordField::kBuildNumber;
      break;
    case 'c':
      if (key == "constrains") return RecordField::kConstrains;
      break;
    case 'd':
      if (key == "depends") return RecordField::kDepends;
      break;
    case 'f':
      if (key == "features") return RecordField::kFeatures;
      break;
    case 'l':
      if (key == "license") return RecordField::kLicense;
      if (key == "license_family") return RecordField::kLicenseFamily;
      break;
    case 'm':
      if (key == "md5") return RecordField::kMd5;
      break;
    case 'n':
      if (key == "name") return RecordField::kName;
      if (key == "noarch") return RecordField::kNoarch;
      break;
    case 'p':
      if (key == "python_site_packages_path") return RecordField::kSitePackages;
      break;
    case 's':
      if (key == "sha256") return RecordField::kSha256;
      if (key == "size") return RecordField::kSize;
      break;
    case 't':
      if (key == "timestamp") return RecordField::kTimestamp;
      if (key == "track_features") return RecordField::kTrackFeatures;
      break;
    case 'v':
      if (key == "version") return RecordField::kVersion;
      break;
    default:
      break;
  }
  return RecordField::kOther;
}

void set_text(RecordContent& record, RecordField field, std::string_view text) {
  if (std::string_view* place = find_text(record, field)) {
    *place = text;
  } else if (field == RecordField::kNoarch) {
    set_noarch_text(record, text);
  } else if (field == RecordField::kMd5) {
    set_flag(record, index_format::kHasMd5, read_hex(text, record.md5.data(), record.md5.size()));
  } else if (field == RecordField::kSha256) {
    set_flag(record, index_format::kHasSha256,
             read_hex(text, record.sha256.data(), record.sha256.size()));
  }
}

void set_hash(RecordContent& record, RecordField field, std::string_view bytes) {
  if (field == RecordField::kMd5 && bytes.size() == record.md5.size()) {
    std::memcpy(record.md5.data(), bytes.data(), bytes.size());
    set_flag(record, index_format::kHasMd5, true);
  } else if (field == RecordField::kSha256 && bytes.size() == record.sha256.size()) {
    std::memcpy(record.sha256.data(), bytes.data(), bytes.size());
    set_flag(record, index_format::kHasSha256, true);
  }
}

void set_count(RecordContent& record, RecordField field, std::uint64_t number) {
  if (field == RecordField::kBuildNumber) record.build_number = number;
  if (field == RecordField::kSize) record.size_bytes = number;
}

void set_timestamp(RecordContent& record, double number) {
  if (!(number >= 0 && number <= kLatest)) return;
  record.timestamp_ms = static_cast<std::int64_t>(number > kLastSecond ? number : number * 1000);
}

void set_noarch(RecordContent& record) { set_noarch_text(record, "generic"); }

void forget(RecordContent& record, RecordField field) {
  if (std::string_view* place = find_text(record, field)) *place = {};
  switch (field) {
    case RecordField::kBuildNumber:
      record.build_number = 0;
      return;
    case RecordField::kSize:
      record.size_bytes = 0;
      return;
    case RecordField::kTimestamp:
      record.timestamp_ms = 0;
      return;
    case RecordField::kDepends:
      return record.depends.clear();
    case RecordField::kConstrains:
      return record.constrains.clear();
    case RecordField::kNoarch:
      return set_noarch_text(record, "");
    case RecordField::kMd5:
      return set_flag(record, index_format::kHasMd5, false);
    case RecordField::kSha256:
      return set_flag(record, index_format::kHasSha256, false);
    default:
      return;
  }
}

}  // namespace kasane::resolver
