#pragma once

#include <cstdint>
#include <string_view>

#include "resolver/conda/index_table.h"

namespace kasane::resolver {

/// The members of a record that are kept.
enum class RecordField : std::uint8_t {
  kBuild,
  kBuildNumber,
  kConstrains,
  kDepends,
  kFeatures,
  kLicense,
  kLicenseFamily,
  kMd5,
  kName,
  kNoarch,
  kSha256,
  kSitePackages,
  kSize,
  kTimestamp,
  kTrackFeatures,
  kVersion,
  kOther,
};

/// kOther for a key that nobody wants.
RecordField record_field(std::string_view key);

/// What any reader of records does with a text, whatever it was read from. A value that makes no
/// sense leaves the record as if it were not there.
void set_text(RecordContent& record, RecordField field, std::string_view text);
/// 16 or 32 bytes.
void set_hash(RecordContent& record, RecordField field, std::string_view bytes);
void set_count(RecordContent& record, RecordField field, std::uint64_t number);
/// Seconds or milliseconds since 1970, as records have either.
void set_timestamp(RecordContent& record, double number);
void set_noarch(RecordContent& record);
/// Of two members with one key the later counts, whatever it is.
void forget(RecordContent& record, RecordField field);

}  // namespace kasane::resolver
