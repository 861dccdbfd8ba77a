#include "resolver/conda/repodata_reader.h"

#include <utility>

#include <fmt/format.h>
#include <simdjson.h>

#include "base/error.h"
#include "resolver/conda/record_builder.h"
#include "resolver/conda/record_rules.h"

namespace kasane::resolver {
namespace {

namespace ondemand = simdjson::ondemand;

ondemand::field take_field(simdjson::simdjson_result<ondemand::field>& element) {
  ondemand::field out;
  if (const simdjson::error_code failure = std::move(element).get(out))
    throw simdjson::simdjson_error(failure);
  return out;
}

/// Puts the members of one record where they belong.
class RecordReader {
 public:
  RecordReader(RecordContent& record, std::string& words) : record_(record), words_(words) {}

  void read(ondemand::object members) {
    for (auto element : members) {
      ondemand::field field = take_field(element);
      const RecordField what = record_field(field.unescaped_key());
      if (what == RecordField::kOther) continue;
      forget(record_, what);
      take(what, field.value());
    }
  }

 private:
  void take(RecordField field, ondemand::value value) {
    switch (value.type()) {
      case ondemand::json_type::string:
        return set_text(record_, field, value.get_string());
      case ondemand::json_type::number:
        return take_number(field, value);
      case ondemand::json_type::boolean:
        if (field == RecordField::kNoarch && value.get_bool()) set_noarch(record_);
        return;
      case ondemand::json_type::array:
        return take_list(field, value.get_array());
      default:
        return;
    }
  }

  void take_number(RecordField field, ondemand::value value) {
    if (field == RecordField::kTimestamp) {
      double number = 0;
      if (value.get_double().get(number) == simdjson::SUCCESS) set_timestamp(record_, number);
      return;
    }
    std::uint64_t number = 0;
    if (value.get_uint64().get(number) == simdjson::SUCCESS) set_count(record_, field, number);
  }

  void take_list(RecordField field, ondemand::array items) {
    const bool words = field == RecordField::kTrackFeatures;
    if (!words && field != RecordField::kDepends && field != RecordField::kConstrains) return;
    words_.clear();
    for (auto item : items) {
      std::string_view text;
      if (item.type() != ondemand::json_type::string) continue;
      if (item.get_string().get(text) != simdjson::SUCCESS) continue;
      if (words) {
        words_ += (words_.empty() ? "" : " ") + std::string(text);
      } else {
        (field == RecordField::kDepends ? record_.depends : record_.constrains).push_back(text);
      }
    }
    if (words) record_.track_features = words_;
  }

  RecordContent& record_;
  std::string& words_;
};

}  // namespace

struct RepodataReader::State {
  ondemand::parser parser;
  RecordContent record;
  RecordRules rules;
  std::string words;
};

RepodataReader::RepodataReader() : state_(std::make_unique<State>()) {}
RepodataReader::~RepodataReader() = default;
RepodataReader::RepodataReader(RepodataReader&&) noexcept = default;

LeftOut RepodataReader::read(std::string json, bool conda_format, TableBuilder& table) {
  LeftOut left_out;
  json.reserve(json.size() + simdjson::SIMDJSON_PADDING);
  try {
    ondemand::document document = state_->parser.iterate(json.data(), json.size(), json.capacity());
    for (auto element : document.get_object()) {
      ondemand::field field = take_field(element);
      const std::string_view file_name = field.unescaped_key();
      ondemand::value value = field.value();
      if (value.type() != ondemand::json_type::object) {
        left_out.add(fmt::format("`{}`: it is no object", file_name));
        continue;
      }
      RecordContent& record = state_->record;
      record.clear();
      record.file_name = file_name;
      if (conda_format) record.flags |= index_format::kIsCondaFormat;
      RecordReader(record, state_->words).read(value.get_object());
      const std::string problem =
          state_->rules.find_problem({record.file_name, record.name, record.version, record.build});
      if (problem.empty()) {
        table.add(record);
      } else {
        left_out.add(fmt::format("`{}`: {}", file_name, problem));
      }
    }
  } catch (const simdjson::simdjson_error& problem) {
    throw Error(ErrorKind::kIntegrity,
                fmt::format("the repodata is not valid JSON: {}", problem.what()));
  }
  return left_out;
}

}  // namespace kasane::resolver
