#include "resolver/conda/conda_candidates.h"

#include <algorithm>
#include <tuple>

namespace kasane::resolver {
namespace {

/// Gives each candidate the place of its version; `found` has the version of each, in their order.
void number_versions(std::vector<CandidateVersion> found, CandidateTable& out) {
  const auto key = [](const CandidateVersion& version) {
    return std::tie(version.key, version.text);
  };
  const auto less = [&](const auto& a, const auto& b) { return key(a) < key(b); };
  out.versions = found;
  std::sort(out.versions.begin(), out.versions.end(), less);
  const auto same = [&](const auto& a, const auto& b) { return key(a) == key(b); };
  out.versions.erase(std::unique(out.versions.begin(), out.versions.end(), same),
                     out.versions.end());
  std::uint32_t rank = 0;
  for (std::size_t i = 0; i < out.versions.size(); ++i) {
    if (i > 0 && out.versions[i].key != out.versions[i - 1].key) ++rank;
    out.versions[i].rank = rank;
  }
  std::uint32_t last = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    // Tables are sorted by version, so mostly it is that of the record before.
    if (i == 0 || !same(out.versions[last], found[i])) {
      const auto at = std::lower_bound(out.versions.begin(), out.versions.end(), found[i], less);
      last = static_cast<std::uint32_t>(at - out.versions.begin());
    }
    out.candidates[i].version = last;
  }
}

void number_versions(CandidateTable& out) {
  std::vector<CandidateVersion> found;
  found.reserve(out.candidates.size());
  for (const CondaCandidate& candidate : out.candidates) {
    const IndexRecord record = candidate.table->nameless_record(candidate.row);
    found.push_back({record.version_key, record.version});
  }
  number_versions(std::move(found), out);
}

}  // namespace

CandidateCollector::CandidateCollector(std::vector<ChannelRecords> channels,
                                       ChannelSettings settings, VirtualPackages virtual_packages,
                                       CandidateRules rules)
    : channels_(std::move(channels)),
      settings_(std::move(settings)),
      virtual_packages_(std::move(virtual_packages)),
      rules_(std::move(rules)) {}

CandidateTable CandidateCollector::collect(std::string_view name) const {
  if (is_virtual_name(name)) return collect_virtual(name);
  CandidateTable out;
  const bool first_only = rules_.priority == ChannelPriority::kStrict && !insists(name);
  for (std::size_t channel = 0; channel < channels_.size(); ++channel) {
    if (insists_on_others(channel, name)) continue;
    if (take(channel, name, Age::kOldEnough, out) && first_only) break;
  }
  number_versions(out);
  return out;
}

CandidateTable CandidateCollector::collect_virtual(std::string_view name) const {
  CandidateTable out;
  if (const VirtualPackage* package = virtual_packages_.find(name)) {
    out.candidates.emplace_back();
    number_versions({{package->version.key(), package->version.text()}}, out);
  }
  return out;
}

CandidateTable CandidateCollector::collect_hidden(std::string_view name) const {
  CandidateTable out;
  if (is_virtual_name(name)) return out;
  bool had_first = false;
  const bool first_only = rules_.priority == ChannelPriority::kStrict && !insists(name);
  for (std::size_t channel = 0; channel < channels_.size(); ++channel) {
    CandidateTable visible;
    const bool shown = !insists_on_others(channel, name) && !had_first;
    if (!shown) {
      take(channel, name, Age::kOldEnough, out);
    } else if (first_only) {
      had_first = take(channel, name, Age::kOldEnough, visible);
    }
  }
  number_versions(out);
  return out;
}

CandidateTable CandidateCollector::collect_newer(std::string_view name) const {
  CandidateTable out;
  if (is_virtual_name(name) || !rules_.exclude_newer_ms) return out;
  for (std::size_t channel = 0; channel < channels_.size(); ++channel) {
    if (!insists_on_others(channel, name)) take(channel, name, Age::kTooNew, out);
  }
  number_versions(out);
  return out;
}

bool CandidateCollector::take(std::size_t channel, std::string_view name, Age age,
                              CandidateTable& out) const {
  const auto& by_file = rules_.names_by_file;
  const bool all_twins = std::find(by_file.begin(), by_file.end(), name) != by_file.end();
  const std::size_t before = out.candidates.size();
  for (std::size_t subdir = 0; subdir < channels_[channel].subdirs.size(); ++subdir) {
    const auto table = channels_[channel].subdirs[subdir]->find(name);
    if (!table) continue;
    const NameTable& kept = *out.tables.emplace_back(std::make_unique<NameTable>(*table));
    const bool noarch = channels_[channel].subdirs[subdir]->subdir() == "noarch";
    out.candidates.reserve(out.candidates.size() + kept.size());
    for (std::size_t row = 0; row < kept.size(); ++row) {
      const IndexRecord record = kept.nameless_record(row);
      const bool too_new =
          rules_.exclude_newer_ms && record.timestamp_ms > *rules_.exclude_newer_ms;
      if (too_new != (age == Age::kTooNew) || (record.has_conda_twin && !all_twins)) continue;
      out.candidates.push_back({.table = &kept,
                                .row = static_cast<std::uint32_t>(row),
                                .version = 0,
                                .channel = static_cast<std::uint16_t>(channel),
                                .subdir = static_cast<std::uint16_t>(subdir),
                                .tracks_features = !record.track_features.empty(),
                                .noarch = noarch,
                                .conda_format = record.conda_format,
                                .build_number = record.build_number,
                                .timestamp_ms = record.timestamp_ms});
    }
  }
  return out.candidates.size() > before;
}

bool CandidateCollector::insists_on_others(std::size_t channel, std::string_view name) const {
  const auto found = rules_.channels_by_name.find(name);
  return found != rules_.channels_by_name.end() &&
         std::none_of(found->second.begin(), found->second.end(),
                      [&](const std::string& wanted) { return channel_is(channel, wanted); });
}

void CandidateCollector::hint(std::span<const std::string_view> names) const {
  std::vector<std::string_view> left;
  for (const std::string_view name : names) {
    if (!is_virtual_name(name)) left.push_back(name);
  }
  for (std::size_t channel = 0; channel < channels_.size(); ++channel) {
    std::vector<std::string_view> here;
    for (const std::string_view name : left) {
      if (!insists_on_others(channel, name)) here.push_back(name);
    }
    for (RecordSource* source : channels_[channel].subdirs) source->hint(here);
    if (rules_.priority != ChannelPriority::kStrict) continue;
    std::erase_if(left,
                  [&](std::string_view name) { return !insists(name) && has(channel, name); });
  }
}

bool CandidateCollector::has(std::size_t channel, std::string_view name) const {
  const auto& subdirs = channels_[channel].subdirs;
  return std::any_of(subdirs.begin(), subdirs.end(),
                     [&](RecordSource* source) { return source->has(name); });
}

bool CandidateCollector::channel_is(std::size_t channel, std::string_view wanted) const {
  return channel_matches(wanted, *channels_[channel].channel, settings_);
}

RecordSource& CandidateCollector::source(const CondaCandidate& candidate) const {
  return *channels_[candidate.channel].subdirs[candidate.subdir];
}

const Channel& CandidateCollector::channel(const CondaCandidate& candidate) const {
  return *channels_[candidate.channel].channel;
}

CandidateFields::CandidateFields(const CondaCandidate& candidate, RecordSource& source)
    : fields(candidate.table->fields(candidate.row)) {
  const IndexRecord record = candidate.table->record(candidate.row);
  file_name = record.file_name;
  url = std::string(source.package_url()) + file_name;
  if (record.md5) md5 = record.md5->hex();
  if (record.sha256) sha256 = record.sha256->hex();
  fields.subdir = source.subdir();
  fields.file_name = file_name;
  fields.url = url;
  fields.md5 = md5;
  fields.sha256 = sha256;
}

}  // namespace kasane::resolver
