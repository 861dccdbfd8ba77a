#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "resolver/conda/channel_index.h"

namespace kasane::resolver {

/// The records of one channel and subdir, by name, wherever they come from: an index of the whole
/// repodata, or shards that are fetched as they are asked for. What it gives stays valid and the
/// same for as long as it lives. Any thread may call.
class RecordSource {
 public:
  virtual ~RecordSource() = default;
  /// Nothing when the channel lacks the name. May fetch, and throw what fetching throws.
  virtual std::optional<NameTable> find(std::string_view name) = 0;
  /// These names will be asked for: a chance to fetch them all at once.
  virtual void hint(std::span<const std::string_view> /*names*/) {}
  /// Whether the channel has the name, without fetching its records.
  virtual bool has(std::string_view name) = 0;
  /// Names of the channel near to one that it lacks, for hints to people: by number below count.
  virtual std::size_t name_count() = 0;
  virtual std::string_view name(std::size_t i) = 0;

  /// Where packages of this source are downloaded from, ending in a slash: `info.base_url`, or the
  /// directory of the repodata. Without credentials.
  virtual std::string_view package_url() = 0;
  virtual std::string_view subdir() = 0;
};

}  // namespace kasane::resolver
