#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "resolver/conda/index_format.h"
#include "resolver/conda/repodata_splitter.h"
#include "resolver/conda/string_pool.h"

namespace kasane::resolver {

/// One record as it was read: `row` with ids of the reader's own pool. Of lists, the JSON text is
/// what is kept.
struct RawRecord {
  index_format::RecordRow row;
  std::uint32_t name = 0;
  /// Where it stood in the repodata; of two records with one file name, the later counts.
  std::uint64_t position = 0;
};

/// Reads records out of blocks of repodata, tolerantly: unknown members are passed over, records
/// that lack what is needed or cannot be read are left out and counted. One for each thread.
class RepodataReader {
 public:
  RepodataReader();
  ~RepodataReader();
  RepodataReader(RepodataReader&&) noexcept;

  /// A block that is not valid JSON is an Error of kind kFailed.
  void read(RepodataBlock block, std::uint64_t position);

  const StringPool& strings() const { return strings_; }
  std::vector<RawRecord>& records() { return records_; }
  std::uint64_t skipped() const { return skipped_; }
  /// The file name of the first record that was left out, and why.
  const std::string& first_problem() const { return first_problem_; }
  /// `info.base_url` and `info.subdir`, as far as they were seen.
  const std::string& base_url() const { return base_url_; }
  const std::string& subdir() const { return subdir_; }
  /// The key of the version with that id.
  const std::string& version_key(std::uint32_t version) const { return keys_[version]; }

 private:
  struct Parser;
  void read_info(Parser& parser);
  void read_packages(Parser& parser, std::uint64_t position, bool conda_format);
  void skip(std::string_view file_name, std::string why);
  bool finish(RawRecord& record, std::string_view file_name);

  std::unique_ptr<Parser> parser_;
  StringPool strings_;
  std::vector<RawRecord> records_;
  /// By id of version; empty: not made yet.
  std::vector<std::string> keys_;
  std::uint64_t skipped_ = 0;
  std::string first_problem_;
  std::string base_url_;
  std::string subdir_;
};

/// Reads JSON lists of strings, one after another. One for each thread.
class StringListReader {
 public:
  StringListReader();
  ~StringListReader();
  /// Replaces `out` by the list's texts, which are valid until the next call. Items that are no
  /// strings are left out.
  void read(std::string_view json, std::vector<std::string_view>& out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace kasane::resolver
