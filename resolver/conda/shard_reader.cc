#include "resolver/conda/shard_reader.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "base/error.h"
#include "resolver/conda/msgpack_reader.h"
#include "resolver/conda/record_builder.h"
#include "resolver/conda/record_rules.h"

namespace kasane::resolver {
namespace {

using Kind = MsgpackReader::Kind;

bool is_text(const MsgpackReader& reader) {
  return reader.peek() == Kind::kText || reader.peek() == Kind::kBytes;
}

/// The pairs of a map; `take` is called with each key that is a text and takes the value.
template <class Take>
void for_each_pair(MsgpackReader& reader, const Take& take) {
  for (std::size_t i = reader.read_map(); i > 0; --i) {
    if (is_text(reader)) {
      take(reader.read_text());
    } else {
      reader.skip();
      reader.skip();
    }
  }
}

/// Puts the members of one record where they belong.
class RecordReader {
 public:
  RecordReader(MsgpackReader& reader, RecordContent& record, std::string& words)
      : reader_(reader), record_(record), words_(words) {}

  void read() {
    for_each_pair(reader_, [&](std::string_view key) {
      const RecordField field = record_field(key);
      if (field == RecordField::kOther) return reader_.skip();
      forget(record_, field);
      take(field);
    });
  }

 private:
  void take(RecordField field) {
    switch (reader_.peek()) {
      case Kind::kText:
        return set_text(record_, field, reader_.read_text());
      case Kind::kBytes:
        return set_hash(record_, field, reader_.read_text());
      case Kind::kInteger:
      case Kind::kFloat:
        if (field == RecordField::kTimestamp) return set_timestamp(record_, reader_.read_number());
        if (const auto count = reader_.read_count()) set_count(record_, field, *count);
        return;
      case Kind::kBool:
        if (reader_.read_bool() && field == RecordField::kNoarch) set_noarch(record_);
        return;
      case Kind::kArray:
        return take_list(field);
      default:
        return reader_.skip();
    }
  }

  void take_list(RecordField field) {
    const bool words = field == RecordField::kTrackFeatures;
    if (!words && field != RecordField::kDepends && field != RecordField::kConstrains) {
      return reader_.skip();
    }
    words_.clear();
    for (std::size_t i = reader_.read_array(); i > 0; --i) {
      if (reader_.peek() != Kind::kText) {
        reader_.skip();
        continue;
      }
      const std::string_view text = reader_.read_text();
      if (words) {
        words_ += (words_.empty() ? "" : " ") + std::string(text);
      } else {
        (field == RecordField::kDepends ? record_.depends : record_.constrains).push_back(text);
      }
    }
    if (words) record_.track_features = words_;
  }

  MsgpackReader& reader_;
  RecordContent& record_;
  std::string& words_;
};

void read_packages(MsgpackReader& reader, std::string_view name, bool conda_format,
                   TableBuilder& table, LeftOut& left_out) {
  RecordRules rules;
  RecordContent record;
  std::string words;
  for_each_pair(reader, [&](std::string_view file_name) {
    if (reader.peek() != Kind::kMap) {
      reader.skip();
      return left_out.add(fmt::format("`{}`: it is no object", file_name));
    }
    record.clear();
    record.file_name = file_name;
    if (conda_format) record.flags |= index_format::kIsCondaFormat;
    RecordReader(reader, record, words).read();
    std::string problem =
        rules.find_problem({record.file_name, record.name, record.version, record.build});
    if (problem.empty() && record.name != name) {
      problem = fmt::format("it is of `{}`, in the shard of `{}`", record.name, name);
    }
    if (problem.empty()) {
      table.add(record);
    } else {
      left_out.add(fmt::format("`{}`: {}", file_name, problem));
    }
  });
}

void expect_end(const MsgpackReader& reader, std::string_view what) {
  if (reader.at_end()) return;
  throw Error(ErrorKind::kIntegrity, fmt::format("expected the end of {}, found more", what));
}

}  // namespace

ShardIndex ShardIndex::parse(std::string bytes) {
  ShardIndex out;
  out.bytes_.assign(bytes.begin(), bytes.end());
  MsgpackReader reader(std::string_view(out.bytes_.data(), out.bytes_.size()));
  std::optional<std::uint64_t> version;
  bool has_shards = false;
  for_each_pair(reader, [&](std::string_view key) {
    if (key == "version" && reader.peek() == Kind::kInteger) {
      version = reader.read_count();
    } else if (key == "info" && reader.peek() == Kind::kMap) {
      out.read_info(reader);
    } else if (key == "shards") {
      out.read_shards(reader);
      has_shards = true;
    } else {
      reader.skip();
    }
  });
  expect_end(reader, "the index of shards");
  if (version.value_or(1) != 1) {
    throw Error(ErrorKind::kRefused,
                fmt::format("expected version 1 of an index of shards, found {}", *version));
  }
  if (!has_shards) throw Error(ErrorKind::kIntegrity, "the index of shards lacks `shards`");
  return out;
}

void ShardIndex::read_info(MsgpackReader& reader) {
  for_each_pair(reader, [&](std::string_view key) {
    if (!is_text(reader)) return reader.skip();
    const std::string_view text = reader.read_text();
    if (key == "base_url") base_url_ = text;
    if (key == "shards_base_url") shards_base_url_ = text;
  });
}

void ShardIndex::read_shards(MsgpackReader& reader) {
  rows_.clear();
  for_each_pair(reader, [&](std::string_view name) {
    const bool text = is_text(reader);
    const std::string_view hash = text ? reader.read_text() : std::string_view();
    if (!text) reader.skip();
    if (hash.size() != sizeof(Digest::Raw) || name.empty()) {
      throw Error(ErrorKind::kIntegrity,
                  fmt::format("expected 32 bytes of a SHA-256 for `{}` in the index of shards, "
                              "found {}",
                              name, hash.size()));
    }
    rows_.emplace_back(name, hash);
  });
  const auto by_name = [](const auto& a, const auto& b) { return a.first < b.first; };
  std::stable_sort(rows_.begin(), rows_.end(), by_name);
  // Of two shards for one name the later counts.
  const auto same = [](const auto& a, const auto& b) { return a.first == b.first; };
  rows_.erase(rows_.begin(), std::unique(rows_.rbegin(), rows_.rend(), same).base());
}

std::optional<std::size_t> ShardIndex::find(std::string_view name) const {
  const auto found =
      std::lower_bound(rows_.begin(), rows_.end(), name,
                       [](const auto& row, std::string_view wanted) { return row.first < wanted; });
  if (found == rows_.end() || found->first != name) return std::nullopt;
  return static_cast<std::size_t>(found - rows_.begin());
}

Digest ShardIndex::digest(std::size_t i) const {
  Digest::Raw raw;
  std::memcpy(raw.data(), rows_[i].second.data(), raw.size());
  return Digest(raw);
}

LeftOut read_shard(std::string_view bytes, std::string_view name, TableBuilder& table) {
  MsgpackReader reader(bytes);
  LeftOut left_out;
  for_each_pair(reader, [&](std::string_view key) {
    const bool packages = key == "packages" || key == "packages.conda";
    if (packages && reader.peek() == Kind::kMap) {
      read_packages(reader, name, key == "packages.conda", table, left_out);
    } else {
      reader.skip();
    }
  });
  expect_end(reader, "the shard");
  return left_out;
}

}  // namespace kasane::resolver
