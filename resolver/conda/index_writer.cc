#include "resolver/conda/index_writer.h"

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <thread>

#include <fmt/format.h>
#include <libdeflate.h>

#include "base/parallel.h"
#include "resolver/conda/index_table.h"

namespace kasane::resolver {

std::uint32_t index_format::checksum(const void* bytes, std::size_t size) {
  return libdeflate_crc32(0, bytes, size);
}

namespace {

using index_format::NameRow;

/// Hands blocks from the thread that splits to those that read, a few at a time.
class BlockQueue {
 public:
  struct Item {
    RepodataBlock block;
    std::uint64_t position = 0;
  };

  explicit BlockQueue(std::size_t limit) : limit_(limit) {}

  /// False when a reader has failed: nobody will take more.
  bool put(Item item) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return items_.size() < limit_ || failure_; });
    if (failure_) return false;
    items_.push_back(std::move(item));
    changed_.notify_all();
    return true;
  }
  std::optional<Item> take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !items_.empty() || closed_ || failure_; });
    if (items_.empty() || failure_) return std::nullopt;
    Item item = std::move(items_.front());
    items_.pop_front();
    changed_.notify_all();
    return item;
  }
  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }
  void fail(std::exception_ptr failure) {
    const std::lock_guard lock(mutex_);
    if (!failure_) failure_ = std::move(failure);
    changed_.notify_all();
  }
  void rethrow() {
    const std::lock_guard lock(mutex_);
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  const std::size_t limit_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Item> items_;
  std::exception_ptr failure_;
  bool closed_ = false;
};

void split_into(RepodataSplitter& splitter, BlockQueue& queue) {
  // A block holds fewer records than it has bytes, so positions keep the order of the file.
  std::uint64_t position = 0;
  while (auto block = splitter.next()) {
    const std::uint64_t size = block->json.size();
    if (!queue.put({std::move(*block), position})) break;
    position += size;
  }
  queue.close();
}

/// Reads all records, on the threads that were asked for.
std::vector<RepodataReader> read_records(RepodataSplitter& splitter, unsigned threads) {
  std::vector<RepodataReader> readers(std::max(threads, 1U));
  BlockQueue queue(2 * readers.size());
  std::vector<std::jthread> running;
  for (RepodataReader& reader : readers) {
    running.emplace_back([&queue, &reader] {
      try {
        while (auto item = queue.take()) reader.read(std::move(item->block), item->position);
      } catch (...) {
        queue.fail(std::current_exception());
      }
    });
  }
  try {
    split_into(splitter, queue);
  } catch (...) {
    queue.fail(std::current_exception());
  }
  running.clear();
  queue.rethrow();
  return readers;
}

/// The records of all readers, by name.
struct NameGroup {
  std::string_view name;
  std::vector<RecordReference> records;
};

std::vector<NameGroup> group_by_name(std::vector<RepodataReader>& readers) {
  std::vector<NameGroup> groups;
  StringPool names;
  for (RepodataReader& reader : readers) {
    std::vector<std::uint32_t> group_of(reader.strings().size(), index_format::kNoId);
    for (const RawRecord& record : reader.records()) {
      std::uint32_t& group = group_of[record.name];
      if (group == index_format::kNoId) {
        const std::string_view name = reader.strings().text_of(record.name);
        group = names.id_of(name);
        if (group == groups.size()) groups.push_back({name, {}});
      }
      groups[group].records.push_back({&reader, &record});
    }
  }
  std::sort(groups.begin(), groups.end(),
            [](const NameGroup& a, const NameGroup& b) { return a.name < b.name; });
  return groups;
}

/// Writes parts one after another, each at a multiple of eight bytes.
class PartWriter {
 public:
  explicit PartWriter(ByteSink& out) : out_(out) {}
  std::uint64_t write(std::string_view bytes) {
    const std::uint64_t start = offset_;
    out_.write(bytes);
    const std::size_t rest = (8 - bytes.size() % 8) % 8;
    out_.write(std::string_view("\0\0\0\0\0\0\0\0", rest));
    offset_ += bytes.size() + rest;
    return start;
  }

 private:
  ByteSink& out_;
  std::uint64_t offset_ = 0;
};

/// Encodes tables on all threads, a stretch of names at a time, and writes them in order.
std::vector<NameRow> write_tables(std::vector<NameGroup>& groups, unsigned threads, PartWriter& out,
                                  std::uint64_t& records) {
  constexpr std::size_t kStretch = 1024;
  constexpr std::size_t kShare = 64;
  std::vector<NameRow> rows;
  std::vector<EncodedTable> tables(std::min(kStretch, groups.size()));
  std::uint32_t text_offset = 0;
  for (std::size_t first = 0; first < groups.size(); first += kStretch) {
    const std::size_t count = std::min(kStretch, groups.size() - first);
    parallel_for((count + kShare - 1) / kShare, threads, [&](std::size_t share) {
      StringListReader lists;
      const std::size_t end = std::min((share + 1) * kShare, count);
      for (std::size_t i = share * kShare; i < end; ++i) {
        tables[i] = encode_table(groups[first + i].records, lists);
        std::vector<RecordReference>().swap(groups[first + i].records);
      }
    });
    for (std::size_t i = 0; i < count; ++i) {
      const std::string& bytes = tables[i].bytes;
      const std::string_view name = groups[first + i].name;
      rows.push_back({out.write(bytes), static_cast<std::uint32_t>(bytes.size()),
                      index_format::checksum(bytes.data(), bytes.size()), text_offset,
                      static_cast<std::uint32_t>(name.size())});
      text_offset += static_cast<std::uint32_t>(name.size());
      records += tables[i].record_count;
    }
  }
  return rows;
}

std::string render_facts(const std::vector<RepodataReader>& readers, const IndexOptions& options) {
  std::string base_url;
  std::string subdir;
  for (const RepodataReader& reader : readers) {
    if (!reader.base_url().empty()) base_url = reader.base_url();
    if (!reader.subdir().empty()) subdir = reader.subdir();
  }
  std::string out;
  for (const auto& [key, value] :
       {std::pair<std::string_view, const std::string&>{"base_url", base_url},
        {"subdir", subdir},
        {"source", options.source}}) {
    std::string line = value;
    std::replace(line.begin(), line.end(), '\n', ' ');
    out += fmt::format("{}={}\n", key, line);
  }
  return out;
}

}  // namespace

IndexReport write_index(ByteSource& repodata, ByteSink& out, const IndexOptions& options) {
  RepodataSplitter splitter(repodata);
  std::vector<RepodataReader> readers = read_records(splitter, options.threads);
  IndexReport report;
  report.bytes_read = splitter.bytes_read();
  for (const RepodataReader& reader : readers) {
    report.skipped += reader.skipped();
    const std::string& problem = reader.first_problem();
    const bool first = report.first_problem.empty() || problem < report.first_problem;
    if (!problem.empty() && first) report.first_problem = problem;
  }
  std::vector<NameGroup> groups = group_by_name(readers);
  PartWriter parts(out);
  const std::vector<NameRow> rows = write_tables(groups, options.threads, parts, report.records);
  report.names = rows.size();
  std::string names(reinterpret_cast<const char*>(rows.data()), rows.size() * sizeof(NameRow));
  for (const NameGroup& group : groups) names += group.name;
  const std::string facts = render_facts(readers, options);
  index_format::Footer footer = {};
  footer.names_offset = parts.write(names);
  footer.names_size = names.size();
  footer.name_count = static_cast<std::uint32_t>(rows.size());
  footer.names_checksum = index_format::checksum(names.data(), names.size());
  footer.facts_offset = parts.write(facts);
  footer.facts_size = static_cast<std::uint32_t>(facts.size());
  footer.facts_checksum = index_format::checksum(facts.data(), facts.size());
  footer.record_count = report.records;
  footer.version = index_format::kVersion;
  footer.magic = index_format::kMagic;
  footer.checksum = index_format::checksum(&footer, offsetof(index_format::Footer, checksum));
  parts.write(std::string_view(reinterpret_cast<const char*>(&footer), sizeof footer));
  return report;
}

}  // namespace kasane::resolver
