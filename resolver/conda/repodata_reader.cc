#include "resolver/conda/repodata_reader.h"

#include <array>

#include <fmt/format.h>
#include <simdjson.h>

#include "base/error.h"
#include "resolver/conda/version.h"

namespace kasane::resolver {
namespace {

using index_format::kNoId;
using index_format::RecordRow;
namespace ondemand = simdjson::ondemand;

/// Timestamps below are seconds, as old records have them; above, milliseconds.
constexpr std::int64_t kLastSecond = 253402300799;

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

std::string_view without_ending(std::string_view file_name) {
  if (file_name.ends_with(".conda")) file_name.remove_suffix(6);
  if (file_name.ends_with(".tar.bz2")) file_name.remove_suffix(8);
  return file_name;
}

/// A record that says nothing.
const RawRecord kNone = [] {
  RawRecord out = {};
  out.name = kNoId;
  for (std::uint32_t* id :
       {&out.row.version, &out.row.license, &out.row.license_family, &out.row.features}) {
    *id = kNoId;
  }
  return out;
}();

/// Puts the members of one record where they belong; a member of another type than expected is
/// passed over, as if it were not there.
class RecordBuilder {
 public:
  /// `previous` is the record before, or any: neighbours say the same in most members.
  RecordBuilder(StringPool& strings, const RawRecord& previous, RawRecord& record)
      : strings_(strings), previous_(previous), record_(record) {
    RecordRow& row = record.row;
    row = {};
    for (std::uint32_t* id : {&row.version, &row.version_key, &row.build, &row.file_name,
                              &row.depends, &row.constrains, &row.track_features, &row.features,
                              &row.license, &row.license_family, &row.site_packages}) {
      *id = kNoId;
    }
    record.name = kNoId;
  }

  void take(std::string_view key, ondemand::value value) {
    RecordRow& row = record_.row;
    const RecordRow& before = previous_.row;
    switch (key.empty() ? '\0' : key.front()) {
      case 'b':
        if (key == "build") return take_string(value, row.build);
        if (key == "build_number") return take_number(value, row.build_number);
        return;
      case 'c':
        if (key == "constrains") return take_list(value, row.constrains);
        return;
      case 'd':
        if (key == "depends") return take_list(value, row.depends);
        return;
      case 'f':
        if (key == "features") return take_string(value, row.features, before.features);
        return;
      case 'l':
        if (key == "license") return take_string(value, row.license, before.license);
        if (key == "license_family")
          return take_string(value, row.license_family, before.license_family);
        return;
      case 'm':
        if (key == "md5") return take_hash(value, row.md5, index_format::kHasMd5);
        return;
      case 'n':
        if (key == "name") return take_string(value, record_.name, previous_.name);
        if (key == "noarch") return take_noarch(value);
        return;
      case 'p':
        if (key == "python_site_packages_path") return take_string(value, row.site_packages);
        return;
      case 's':
        if (key == "sha256") return take_hash(value, row.sha256, index_format::kHasSha256);
        if (key == "size") return take_number(value, row.size_bytes);
        return;
      case 't':
        if (key == "timestamp") return take_timestamp(value);
        if (key == "track_features") return take_words(value, row.track_features);
        return;
      case 'v':
        if (key == "version") return take_string(value, row.version, before.version);
        return;
      default:
        return;
    }
  }

 private:
  void take_string(ondemand::value value, std::uint32_t& id, std::uint32_t guess = kNoId) {
    std::string_view text;
    if (value.type() != ondemand::json_type::string) return;
    if (value.get_string().get(text) != simdjson::SUCCESS || text.empty()) return;
    id = guess != kNoId && strings_.text_of(guess) == text ? guess : strings_.id_of(text);
  }
  /// A string, or a list of strings, which are joined by spaces.
  void take_words(ondemand::value value, std::uint32_t& id) {
    if (value.type() != ondemand::json_type::array) return take_string(value, id);
    std::string words;
    for (auto item : value.get_array()) {
      std::string_view word;
      if (item.get_string().get(word) != simdjson::SUCCESS) continue;
      words += (words.empty() ? "" : " ") + std::string(word);
    }
    if (!words.empty()) id = strings_.id_of(words);
  }
  void take_list(ondemand::value value, std::uint32_t& id) {
    if (value.type() != ondemand::json_type::array) return;
    const std::string_view json = value.get_array().value().raw_json().value();
    if (json.find('"') != std::string_view::npos) id = strings_.id_of(json);
  }
  void take_number(ondemand::value value, std::uint64_t& out) {
    std::uint64_t number = 0;
    if (value.type() == ondemand::json_type::number &&
        value.get_uint64().get(number) == simdjson::SUCCESS) {
      out = number;
    }
  }
  void take_timestamp(ondemand::value value) {
    if (value.type() != ondemand::json_type::number) return;
    double number = 0;
    if (value.get_double().get(number) != simdjson::SUCCESS || number < 0 || number > 1e15) return;
    const auto whole = static_cast<std::int64_t>(number);
    record_.row.timestamp_ms =
        whole > kLastSecond ? whole : static_cast<std::int64_t>(number * 1000);
  }
  void take_noarch(ondemand::value value) {
    if (value.type() == ondemand::json_type::boolean) {
      if (value.get_bool().value()) record_.row.flags |= index_format::kNoarchGeneric;
      return;
    }
    std::string_view text;
    if (value.type() != ondemand::json_type::string || value.get_string().get(text)) return;
    if (text == "python") record_.row.flags |= index_format::kNoarchPython;
    if (text == "generic") record_.row.flags |= index_format::kNoarchGeneric;
  }
  template <std::size_t size>
  void take_hash(ondemand::value value, std::array<std::uint8_t, size>& out, std::uint32_t flag) {
    std::string_view text;
    if (value.type() != ondemand::json_type::string || value.get_string().get(text)) return;
    if (read_hex(text, out.data(), size)) record_.row.flags |= flag;
  }

  StringPool& strings_;
  const RawRecord& previous_;
  RawRecord& record_;
};

}  // namespace

struct RepodataReader::Parser {
  ondemand::parser parser;
  std::string text;

  ondemand::object open(std::string json) {
    text = std::move(json);
    text.reserve(text.size() + simdjson::SIMDJSON_PADDING);
    document = parser.iterate(text.data(), text.size(), text.capacity());
    return document.get_object();
  }
  ondemand::document document;
};

RepodataReader::RepodataReader() : parser_(std::make_unique<Parser>()) {}
RepodataReader::~RepodataReader() = default;
RepodataReader::RepodataReader(RepodataReader&&) noexcept = default;

void RepodataReader::read(RepodataBlock block, std::uint64_t position) {
  try {
    parser_->text = std::move(block.json);
    if (block.section == "info") return read_info(*parser_);
    read_packages(*parser_, position, block.section == "packages.conda");
  } catch (const simdjson::simdjson_error& problem) {
    throw Error(ErrorKind::kFailed,
                fmt::format("the repodata is not valid JSON: {}", problem.what()))
        .hint("fetch it again with `--refresh`");
  }
}

void RepodataReader::read_info(Parser& parser) {
  for (auto field : parser.open(std::move(parser.text))) {
    const std::string_view key = field.unescaped_key();
    ondemand::value value = field.value();
    if (key != "base_url" && key != "subdir") continue;
    std::string_view text;
    if (value.get_string().get(text) != simdjson::SUCCESS) continue;
    (key == "subdir" ? subdir_ : base_url_) = text;
  }
}

void RepodataReader::read_packages(Parser& parser, std::uint64_t position, bool conda_format) {
  for (auto member : parser.open(std::move(parser.text))) {
    const std::string_view file_name = member.unescaped_key();
    ondemand::value value = member.value();
    if (value.type() != ondemand::json_type::object) {
      skip(file_name, "it is no object");
      continue;
    }
    RawRecord record;
    RecordBuilder builder(strings_, records_.empty() ? kNone : records_.back(), record);
    for (auto field : value.get_object()) {
      const std::string_view field_key = field.unescaped_key();
      builder.take(field_key, field.value());
    }
    if (conda_format) record.row.flags |= index_format::kIsCondaFormat;
    record.position = position++;
    if (finish(record, file_name)) records_.push_back(record);
  }
}

bool RepodataReader::finish(RawRecord& record, std::string_view file_name) {
  RecordRow& row = record.row;
  if (record.name == kNoId || row.version == kNoId || row.build == kNoId) {
    skip(file_name, "it lacks a name, a version or a build string");
    return false;
  }
  if (row.version >= keys_.size()) keys_.resize(row.version + 256);
  std::string& key = keys_[row.version];
  if (key.empty() && !append_version_key(strings_.text_of(row.version), key)) {
    key.clear();
    skip(file_name, fmt::format("`{}` is no version", strings_.text_of(row.version)));
    return false;
  }
  const std::string_view stem = without_ending(file_name);
  const std::string_view name = strings_.text_of(record.name);
  const std::string_view version = strings_.text_of(row.version);
  const std::string_view build = strings_.text_of(row.build);
  const bool usual =
      stem.size() == name.size() + version.size() + build.size() + 2 && stem.starts_with(name) &&
      stem.ends_with(build) && stem.substr(name.size() + 1, version.size()) == version &&
      file_name.size() - stem.size() == ((row.flags & index_format::kIsCondaFormat) != 0 ? 6U : 8U);
  if (!usual) row.file_name = strings_.id_of(file_name);
  return true;
}

void RepodataReader::skip(std::string_view file_name, std::string why) {
  ++skipped_;
  // The first by name, so that it does not depend on which thread read what.
  std::string problem = fmt::format("`{}`: {}", file_name, why);
  if (first_problem_.empty() || problem < first_problem_) first_problem_ = std::move(problem);
}

struct StringListReader::State {
  ondemand::parser parser;
  std::string text;
};

StringListReader::StringListReader() : state_(std::make_unique<State>()) {}
StringListReader::~StringListReader() = default;

void StringListReader::read(std::string_view json, std::vector<std::string_view>& out) {
  out.clear();
  std::string& text = state_->text;
  text.reserve(json.size() + simdjson::SIMDJSON_PADDING);
  text.assign(json);
  ondemand::document document = state_->parser.iterate(text.data(), text.size(), text.capacity());
  for (auto item : document.get_array()) {
    std::string_view value;
    if (item.get_string().get(value) == simdjson::SUCCESS) out.push_back(value);
  }
}

}  // namespace kasane::resolver
