#include "resolver/conda/conda_texts.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/suggest.h"

namespace kasane::resolver {
namespace {

std::string upper(std::string_view name) {
  std::string out(name);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return out;
}

/// How to say what the hosts have.
std::string hint_for_virtual(std::string_view name) {
  const std::string bare(name.substr(2));
  if (bare == "cuda") {
    return "say which CUDA the hosts' drivers can run with `--cuda 12.4` or `CONDA_OVERRIDE_CUDA`";
  }
  if (bare == "glibc") {
    return "say which glibc the image has with `--glibc 2.35` or `CONDA_OVERRIDE_GLIBC`";
  }
  if (bare == "archspec") {
    return "say which processors the hosts have with `CONDA_OVERRIDE_ARCHSPEC`, such as "
           "`x86_64_v3`";
  }
  if (bare == "linux") return "say which kernel the hosts run with `CONDA_OVERRIDE_LINUX`";
  if (bare == "win" || bare == "osx") {
    return "environments are for Linux here: look for another build, or leave the package out";
  }
  return fmt::format(
      "the system has no `{}`: leave the package out (`CONDA_OVERRIDE_{}` is not known)", name,
      upper(bare));
}

}  // namespace

void CondaTexts::set_origin(solver::VersionSetId set, std::string origin) {
  asked_for_.insert(book_.set(set).package.value());
  if (!origin.empty()) origins_.emplace(set.value(), std::move(origin));
}

std::string CondaTexts::origin(solver::VersionSetId set) {
  const auto found = origins_.find(set.value());
  return found == origins_.end() ? "" : found->second;
}

std::vector<solver::CandidateId> CondaTexts::candidates(solver::PackageId package) {
  const auto ordered = provider_.candidates(package).ordered;
  return {ordered.begin(), ordered.end()};
}

const CandidateVersion& CondaTexts::version_of(solver::CandidateId candidate) {
  const CandidateBook::Place place = book_.place_of(candidate);
  const CandidateTable& table = book_.candidates(place.package);
  return table.version_of(table.candidates[place.place]);
}

std::string CondaTexts::version(solver::CandidateId candidate) {
  return std::string(version_of(candidate).text);
}

std::weak_ordering CondaTexts::compare_versions(solver::CandidateId a, solver::CandidateId b) {
  return version_of(a).rank <=> version_of(b).rank;
}

std::string CondaTexts::why_not(solver::CandidateId candidate) {
  return provider_.find_fault(candidate).value_or("it is left out");
}

std::string CondaTexts::hint_for_missing(solver::PackageId package) {
  const std::string& name = book_.name(package);
  if (is_virtual_name(name)) return hint_for_virtual(name);
  std::string hint = hint_for_newer(name, nullptr);
  if (hint.empty()) hint = hint_for_hidden(name, nullptr);
  return hint.empty() ? hint_for_name(name, asked_for_.contains(package.value())) : hint;
}

std::string CondaTexts::hint_for_empty(solver::VersionSetId id) {
  const CondaSet& set = book_.set(id);
  const std::string& name = book_.name(set.package);
  if (is_virtual_name(name)) return hint_for_virtual(name);
  std::string hint = hint_for_newer(name, &set);
  if (hint.empty()) hint = hint_for_hidden(name, &set);
  return hint.empty() ? hint_for_build(set) : hint;
}

std::string CondaTexts::hint_for_hidden(const std::string& name, const CondaSet* set) {
  const CandidateTable hidden = book_.collector().collect_hidden(name);
  std::set<std::size_t> channels;
  const auto add = [&](const CondaCandidate& candidate) { channels.insert(candidate.channel); };
  if (set == nullptr) {
    std::for_each(hidden.candidates.begin(), hidden.candidates.end(), add);
  } else {
    book_.select(*set, hidden, [&](std::uint32_t place) { add(hidden.candidates[place]); });
  }
  if (channels.empty()) return "";
  const auto& rules = book_.collector().rules();
  const Channel& channel = *book_.collector().channels()[*channels.begin()].channel;
  if (rules.channels_by_name.contains(name)) {
    return fmt::format("the channel `{0}` has it: write `{0}::{1}`", channel.name(), name);
  }
  return fmt::format(
      "the channel `{0}` has it, but an earlier one comes first: write `{0}::{1}`, or "
      "use `--channel-priority flexible`",
      channel.name(), set == nullptr ? name : set->text);
}

std::string CondaTexts::hint_for_build(const CondaSet& set) {
  constexpr std::size_t kMostBuilds = 4;
  if (!set.spec.build() && !set.spec.build_number()) return "";
  const auto& version = set.spec.version();
  const CandidateTable& table = book_.candidates(set.package);
  std::vector<std::string> builds;
  for (const CondaCandidate& candidate : table.candidates) {
    const CandidateVersion& own = table.version_of(candidate);
    if (version && !version->matches(own.key, own.text)) continue;
    const IndexRecord record = candidate.table->nameless_record(candidate.row);
    builds.push_back(fmt::format("`{} {}`", own.text, record.build));
  }
  if (builds.empty()) return "";
  const std::size_t more = builds.size() - std::min(builds.size(), kMostBuilds);
  builds.resize(builds.size() - more);
  return fmt::format("the builds are {}{}", fmt::join(builds, ", "),
                     more > 0 ? fmt::format(" and {} more", more) : "");
}

std::string CondaTexts::hint_for_newer(const std::string& name, const CondaSet* set) {
  const CandidateTable newer = book_.collector().collect_newer(name);
  bool found = set == nullptr && !newer.candidates.empty();
  if (set != nullptr) book_.select(*set, newer, [&](std::uint32_t) { found = true; });
  return found ? "there are newer ones that `--exclude-newer` leaves out: take a later time" : "";
}

std::string CondaTexts::hint_for_name(const std::string& name, bool asked_for) {
  std::string elsewhere =
      fmt::format("no channel has `{}`: add the one that has it to `channels`{}", name,
                  asked_for ? ", or leave it to pip" : "");
  // What packages ask for is not misspelt.
  if (!asked_for) return elsewhere;
  std::set<std::string> known;
  for (const ChannelRecords& channel : book_.collector().channels()) {
    for (RecordSource* source : channel.subdirs) {
      for (std::size_t i = 0; i < source->name_count(); ++i) known.emplace(source->name(i));
    }
  }
  const auto near = find_suggestion(name, std::vector<std::string>(known.begin(), known.end()));
  return near ? fmt::format("did you mean `{}`?", *near) : elsewhere;
}

}  // namespace kasane::resolver
