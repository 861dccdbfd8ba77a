#include "resolver/conda/index_writer.h"

#include <algorithm>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <libdeflate.h>

#include "base/digest.h"
#include "resolver/conda/index_format.h"
#include "resolver/conda/repodata_scan.h"

namespace kasane::resolver {

std::uint32_t index_format::checksum(const void* bytes, std::size_t size) {
  return libdeflate_crc32(0, bytes, size);
}

namespace {

using index_format::Footer;
using index_format::NameRow;
using index_format::RecordPosition;

template <class T>
std::string_view bytes_of(std::span<const T> values) {
  return {reinterpret_cast<const char*>(values.data()), values.size_bytes()};
}

/// Writes parts one after another, each at a multiple of eight bytes.
class PartWriter {
 public:
  PartWriter(ByteSink& out, std::uint64_t offset) : out_(out), offset_(offset) { align(); }

  /// Where it begins.
  std::uint64_t write(std::string_view bytes) {
    const std::uint64_t start = offset_;
    out_.write(bytes);
    offset_ += bytes.size();
    align();
    return start;
  }

 private:
  void align() {
    const std::size_t rest = (8 - offset_ % 8) % 8;
    out_.write(std::string_view("\0\0\0\0\0\0\0\0", rest));
    offset_ += rest;
  }

  ByteSink& out_;
  std::uint64_t offset_;
};

/// Names hold the checksums of their positions, and these the checksums of records.
index_format::Identity identity_of(const std::string& names, const std::string& facts) {
  Sha256Hasher hasher;
  hasher.update(names);
  hasher.update(facts);
  const Digest digest = hasher.finish();
  index_format::Identity out;
  std::copy_n(digest.raw().begin(), out.size(), out.begin());
  return out;
}

std::string render_names(const RepodataScan& scan) {
  std::vector<NameRow> rows;
  rows.reserve(scan.names.size());
  std::string texts;
  for (const RepodataScan::Name& name : scan.names) {
    const std::span<const RecordPosition> positions =
        std::span(scan.positions).subspan(name.first_position, name.position_count);
    rows.push_back({name.first_position, name.position_count,
                    index_format::checksum(positions.data(), positions.size_bytes()),
                    static_cast<std::uint32_t>(texts.size()),
                    static_cast<std::uint32_t>(name.text.size())});
    texts += name.text;
  }
  return std::string(bytes_of(std::span<const NameRow>(rows))) + texts;
}

std::string render_facts(const RepodataScan& scan, const IndexOptions& options) {
  std::string out;
  const auto add = [&out](std::string_view key, std::string value) {
    std::replace(value.begin(), value.end(), '\n', ' ');
    out += fmt::format("{}={}\n", key, value);
  };
  add("base_url", scan.base_url);
  add("subdir", scan.subdir);
  add("source", options.source);
  add("left_out", std::to_string(scan.left_out.count));
  add("first_problem", scan.left_out.first_problem);
  return out;
}

}  // namespace

IndexReport write_index(const ReadableFile& repodata, ByteSink& out, const IndexOptions& options) {
  const std::uint64_t size = repodata.size();
  const RepodataScan scan = scan_repodata(repodata, {.threads = options.threads});
  PartWriter parts(out, size);
  const std::string names = render_names(scan);
  const std::string facts = render_facts(scan, options);
  Footer footer = {};
  footer.json_size = size;
  footer.positions_offset = parts.write(bytes_of(std::span(scan.positions)));
  footer.record_count = scan.positions.size();
  footer.names_offset = parts.write(names);
  footer.names_size = names.size();
  footer.name_count = static_cast<std::uint32_t>(scan.names.size());
  footer.names_checksum = index_format::checksum(names.data(), names.size());
  footer.facts_offset = parts.write(facts);
  footer.facts_size = static_cast<std::uint32_t>(facts.size());
  footer.facts_checksum = index_format::checksum(facts.data(), facts.size());
  footer.identity = identity_of(names, facts);
  footer.version = index_format::kVersion;
  footer.magic = index_format::kMagic;
  footer.checksum = index_format::checksum(&footer, offsetof(Footer, checksum));
  parts.write(bytes_of(std::span<const Footer>(&footer, 1)));
  return {scan.positions.size(), scan.names.size(), scan.left_out.count,
          scan.left_out.first_problem};
}

}  // namespace kasane::resolver
