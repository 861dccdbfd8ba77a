#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "resolver/conda/channel.h"
#include "resolver/conda/record_source.h"
#include "resolver/conda/virtual_packages.h"

namespace kasane::resolver {

/// What is done with a name that several channels have.
enum class ChannelPriority {
  /// Only the first channel that has it counts.
  kStrict,
  /// All of an earlier channel's records are tried before a later one's.
  kFlexible,
  /// The version comes before the channel.
  kDisabled,
};

/// A channel and its records: the platform's and noarch. Borrows both.
struct ChannelRecords {
  const Channel* channel = nullptr;
  std::vector<RecordSource*> subdirs;
};

/// One record that may be chosen, or a virtual package.
struct CondaCandidate {
  /// nullptr for a virtual package.
  const NameTable* table = nullptr;
  std::uint32_t row = 0;
  /// In CandidateTable::versions.
  std::uint32_t version = 0;
  /// Places in the list of channels, and of the channel's subdirs.
  std::uint16_t channel = 0;
  std::uint16_t subdir = 0;
  bool tracks_features = false;
  bool noarch = false;
  bool conda_format = false;
  std::uint64_t build_number = 0;
  std::int64_t timestamp_ms = 0;
};

struct CandidateVersion {
  std::string_view key;
  std::string_view text;
  /// Rises with the key; the same for versions that conda holds for equal.
  std::uint32_t rank = 0;
};

/// All that may be chosen of one name. Moves, since candidates point into it.
struct CandidateTable {
  std::vector<CandidateVersion> versions;
  std::vector<CondaCandidate> candidates;
  /// What the candidates point into.
  std::vector<std::unique_ptr<const NameTable>> tables = {};

  const CandidateVersion& version_of(const CondaCandidate& candidate) const {
    return versions[candidate.version];
  }
};

struct CandidateRules {
  ChannelPriority priority = ChannelPriority::kStrict;
  /// Records that are newer, in milliseconds since 1970, are not there. Those without a time are.
  std::optional<std::int64_t> exclude_newer_ms;
  /// By name: the channels that a request insists on (`pytorch::pytorch`), as MatchSpecs have them.
  std::map<std::string, std::vector<std::string>, std::less<>> channels_by_name;
  /// Names of which a request means one file: of these a `.tar.bz2` with a `.conda` twin stays.
  std::vector<std::string> names_by_file;
};

/// Takes candidates out of channels. The channels' order is their priority. Borrows the sources.
/// Not thread-safe.
class CandidateCollector {
 public:
  CandidateCollector(std::vector<ChannelRecords> channels, ChannelSettings settings,
                     VirtualPackages virtual_packages, CandidateRules rules);

  /// In no stated order. May fetch.
  CandidateTable collect(std::string_view name) const;
  /// What collect() left out of other channels because of the priority, by channel.
  CandidateTable collect_hidden(std::string_view name) const;
  /// What it left out because it is too new.
  CandidateTable collect_newer(std::string_view name) const;
  /// These names will be asked for.
  void hint(std::span<const std::string_view> names) const;

  /// Whether a MatchSpec's channel means the channel at that place.
  bool channel_is(std::size_t channel, std::string_view wanted) const;
  RecordSource& source(const CondaCandidate& candidate) const;
  const Channel& channel(const CondaCandidate& candidate) const;

  const std::vector<ChannelRecords>& channels() const { return channels_; }
  const VirtualPackages& virtual_packages() const { return virtual_packages_; }
  const CandidateRules& rules() const { return rules_; }

 private:
  enum class Age { kOldEnough, kTooNew };
  bool take(std::size_t channel, std::string_view name, Age age, CandidateTable& out) const;
  CandidateTable collect_virtual(std::string_view name) const;
  bool insists_on_others(std::size_t channel, std::string_view name) const;
  bool has(std::size_t channel, std::string_view name) const;
  bool insists(std::string_view name) const { return rules_.channels_by_name.contains(name); }

  std::vector<ChannelRecords> channels_;
  ChannelSettings settings_;
  VirtualPackages virtual_packages_;
  CandidateRules rules_;
};

/// What a MatchSpec looks at in a candidate that is no virtual package, file names and hashes
/// included. A value, since some of it is put together.
struct CandidateFields {
  RecordFields fields;
  std::string file_name, url, md5, sha256;
  CandidateFields(const CondaCandidate& candidate, RecordSource& source);
  CandidateFields(const CandidateFields&) = delete;
  CandidateFields& operator=(const CandidateFields&) = delete;
};

}  // namespace kasane::resolver
