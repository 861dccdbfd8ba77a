#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/digest.h"
#include "base/file_system.h"
#include "resolver/conda/index_format.h"
#include "resolver/conda/match_spec.h"

namespace kasane::resolver {

/// The texts of a table of an index, by id; borrows the index. An id that is not there is an empty
/// text.
class IndexTexts {
 public:
  std::string_view operator[](std::uint32_t id) const;

 private:
  friend class NameTable;
  const std::uint32_t* bounds_ = nullptr;
  std::uint32_t count_ = 0;
  std::string_view bytes_;
};

/// A list of texts in an index; borrows the index.
class IndexList {
 public:
  std::size_t size() const { return size_; }
  std::string_view operator[](std::size_t i) const { return texts_[ids_[i]]; }

 private:
  friend class NameTable;
  IndexTexts texts_;
  const std::uint32_t* ids_ = nullptr;
  std::size_t size_ = 0;
};

/// One record of an index; borrows the index. Absent texts are empty.
struct IndexRecord {
  std::string_view version;
  /// Orders like versions, byte by byte: see CondaVersion::key().
  std::string_view version_key;
  std::string_view build;
  std::uint64_t build_number = 0;
  std::uint64_t size_bytes = 0;
  /// Since 1970; 0 when the record does not say.
  std::int64_t timestamp_ms = 0;
  IndexList depends;
  IndexList constrains;
  std::string_view track_features;
  std::string_view features;
  std::string_view license;
  std::string_view license_family;
  /// Of the package `python`, where it says (CEP 17).
  std::string_view site_packages;
  bool noarch_python = false;
  bool noarch = false;
  /// A `.conda` file; otherwise a `.tar.bz2`.
  bool conda_format = false;
  /// A `.tar.bz2` of which the channel has the same build as `.conda`.
  bool has_conda_twin = false;
  std::optional<Digest> sha256;
  std::optional<Md5Digest> md5;
  std::string file_name;
};

/// All records of one name, sorted by version, build number and build string, rising. A view into
/// bytes that belong to whoever gave it, as a rule a RecordSource. Cheap to copy; any thread may
/// read.
class NameTable {
 public:
  /// The table in `bytes`, which TableBuilder made; nothing when its bounds do not fit their size.
  static std::optional<NameTable> find_in(std::string_view name, std::string_view bytes);

  std::string_view name() const { return name_; }
  std::size_t size() const { return head_.record_count; }
  /// All of record `i`, which is below size().
  IndexRecord record(std::size_t i) const;
  /// The same without the file's name, which has to be put together.
  IndexRecord nameless_record(std::size_t i) const;
  /// What a MatchSpec may look at without more ado, all but url and hashes.
  RecordFields fields(std::size_t i) const;
  std::string_view version_key(std::size_t i) const;

 private:
  index_format::RecordRow row(std::size_t i) const;
  std::string_view text(std::uint32_t id) const { return texts_[id]; }
  IndexList list(std::uint32_t id) const;

  std::string_view name_;
  index_format::TableHead head_ = {};
  const char* rows_ = nullptr;
  const std::uint32_t* list_bounds_ = nullptr;
  const std::uint32_t* items_ = nullptr;
  IndexTexts texts_;
};

/// The repodata of one channel and subdir with its index, mapped into memory: opening reads the
/// table of names, and a name's records are read, and checked, only when they are asked for. Any
/// thread may read.
class ChannelIndex {
 public:
  /// Nothing when there is no file, or one that is no index of this version, or a damaged one: make
  /// it anew then. Tables of records are taken from the file `tables`, and new ones kept there,
  /// when it is given.
  static std::optional<ChannelIndex> open(const Path& path,
                                          const std::optional<Path>& tables = std::nullopt);
  ChannelIndex(ChannelIndex&&) noexcept;
  ChannelIndex& operator=(ChannelIndex&&) noexcept;
  ~ChannelIndex();

  std::size_t name_count() const;
  std::uint64_t record_count() const;
  /// Names in order, by number below name_count().
  std::string_view name(std::size_t i) const;
  bool has(std::string_view name) const;
  /// Nothing when the channel lacks the name. What it gives stays valid as long as the index. A
  /// file that is damaged there is an Error of kind kIntegrity, and is removed, so that it is made
  /// anew the next time.
  std::optional<NameTable> find(std::string_view name) const;
  /// `info.base_url` of the repodata (CEP 15), `info.subdir`, and IndexOptions::source.
  std::string_view base_url() const;
  std::string_view subdir() const;
  std::string_view source() const;
  /// Of this making of the index: 32 hex digits.
  std::string identity() const;
  /// How many records were left out, and one of them with the reason.
  std::uint64_t left_out() const;
  std::string_view first_problem() const;

 private:
  struct State;
  explicit ChannelIndex(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace kasane::resolver
