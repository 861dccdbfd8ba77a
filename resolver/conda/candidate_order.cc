#include "resolver/conda/candidate_order.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "resolver/conda/candidate_book.h"

namespace kasane::resolver {
namespace {

/// The name that a dependency's text begins with.
std::string_view name_in(std::string_view text) {
  return text.substr(0, text.find_first_of(" =<>!~[;,"));
}

using Texts = std::vector<std::string_view>;

Texts dependencies_of(const CondaCandidate& candidate) {
  const IndexRecord record = candidate.table->nameless_record(candidate.row);
  Texts texts;
  texts.reserve(record.depends.size());
  for (std::size_t i = 0; i < record.depends.size(); ++i) texts.push_back(record.depends[i]);
  std::sort(texts.begin(), texts.end());
  texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
  return texts;
}

Texts common_texts(const std::vector<Texts>& lists) {
  Texts common = lists.front();
  for (const Texts& list : lists) {
    Texts both;
    std::set_intersection(common.begin(), common.end(), list.begin(), list.end(),
                          std::back_inserter(both));
    common = std::move(both);
  }
  return common;
}

/// Candidates that are equal but for what they depend on.
struct Group {
  std::size_t begin = 0;
  std::size_t end = 0;
  /// By name, then for each candidate: what it asks of that name. Only names of which all ask, and
  /// not all the same.
  std::map<std::string_view, std::vector<Texts>> demands = {};
};

Group compare_demands(const CandidateTable& table, std::size_t begin, std::size_t end) {
  std::vector<Texts> lists;
  for (std::size_t i = begin; i < end; ++i) lists.push_back(dependencies_of(table.candidates[i]));
  const Texts common = common_texts(lists);
  Group group{begin, end};
  for (std::size_t i = 0; i < lists.size(); ++i) {
    for (const std::string_view text : lists[i]) {
      if (std::binary_search(common.begin(), common.end(), text)) continue;
      auto& demands = group.demands[name_in(text)];
      demands.resize(lists.size());
      demands[i].push_back(text);
    }
  }
  for (const std::string_view text : common) {
    const auto found = group.demands.find(name_in(text));
    if (found == group.demands.end()) continue;
    for (Texts& texts : found->second) texts.push_back(text);
  }
  std::erase_if(group.demands, [](const auto& entry) {
    return std::any_of(entry.second.begin(), entry.second.end(),
                       [](const Texts& texts) { return texts.empty(); });
  });
  return group;
}

/// Rises from the best to the worst.
using Standing = std::tuple<bool, bool, std::int64_t>;

/// The best that all of `texts` allow, as far as each by itself tells.
Standing standing(const Texts& texts, CandidateBook& book) {
  Standing worst{false, false, INT64_MIN};
  for (const std::string_view text : texts) {
    const CondaSet* set = book.find_set(text);
    const auto best = set == nullptr ? std::nullopt : book.best_version(*set);
    const Standing here = best ? Standing{false, best->tracks_features, -std::int64_t{best->rank}}
                               : Standing{true, false, 0};
    worst = std::max(worst, here);
  }
  return worst;
}

class Order {
 public:
  Order(CandidateTable& table, CandidateBook& book)
      : table_(table), book_(book), priority_(book.collector().rules().priority) {}

  void run() {
    auto& candidates = table_.candidates;
    std::sort(candidates.begin(), candidates.end(), [&](const auto& a, const auto& b) {
      const auto left = plain_key(a);
      const auto right = plain_key(b);
      return left != right ? left < right : before_last(a, b);
    });
    const std::vector<Group> groups = find_groups();
    hint(groups);
    for (const Group& group : groups) sort_group(group);
  }

 private:
  using PlainKey =
      std::tuple<bool, std::uint32_t, std::int64_t, std::uint32_t, std::uint64_t, bool>;

  PlainKey plain_key(const CondaCandidate& candidate) const {
    const bool flexible = priority_ == ChannelPriority::kFlexible;
    const bool disabled = priority_ == ChannelPriority::kDisabled;
    return {candidate.tracks_features,
            flexible ? candidate.channel : 0U,
            -std::int64_t{table_.version_of(candidate).rank},
            disabled ? candidate.channel : 0U,
            ~candidate.build_number,
            candidate.noarch};
  }

  /// Steps 8 and 9.
  bool before_last(const CondaCandidate& a, const CondaCandidate& b) const {
    if (a.timestamp_ms != b.timestamp_ms) return a.timestamp_ms > b.timestamp_ms;
    const IndexRecord left = a.table->nameless_record(a.row);
    const IndexRecord right = b.table->nameless_record(b.row);
    if (left.build != right.build) return left.build > right.build;
    if (left.version != right.version) return left.version > right.version;
    const auto rest = [](const CondaCandidate& candidate, const IndexRecord& record) {
      return std::make_tuple(candidate.channel, candidate.subdir, !candidate.conda_format,
                             record.sha256, record.md5, candidate.row);
    };
    return rest(a, left) < rest(b, right);
  }

  std::vector<Group> find_groups() const {
    const auto& candidates = table_.candidates;
    std::vector<Group> groups;
    for (std::size_t begin = 0; begin < candidates.size();) {
      std::size_t end = begin + 1;
      const auto key = plain_key(candidates[begin]);
      while (end < candidates.size() && plain_key(candidates[end]) == key) ++end;
      if (end - begin > 1) groups.push_back(compare_demands(table_, begin, end));
      begin = end;
    }
    std::erase_if(groups, [](const Group& group) { return group.demands.empty(); });
    return groups;
  }

  void hint(const std::vector<Group>& groups) const {
    std::set<std::string_view> names;
    for (const Group& group : groups) {
      for (const auto& [name, demands] : group.demands) {
        if (!book_.is_collected(name)) names.insert(name);
      }
    }
    book_.collector().hint(std::vector<std::string_view>(names.begin(), names.end()));
  }

  void sort_group(const Group& group) {
    struct Member {
      std::vector<Standing> standings;
      CondaCandidate candidate;
    };
    std::vector<Member> members;
    for (std::size_t i = group.begin; i < group.end; ++i) {
      Member& member = members.emplace_back(Member{{}, table_.candidates[i]});
      for (const auto& [name, demands] : group.demands) {
        member.standings.push_back(standing(demands[i - group.begin], book_));
      }
    }
    std::stable_sort(members.begin(), members.end(),
                     [](const Member& a, const Member& b) { return a.standings < b.standings; });
    for (std::size_t i = 0; i < members.size(); ++i) {
      table_.candidates[group.begin + i] = members[i].candidate;
    }
  }

  CandidateTable& table_;
  CandidateBook& book_;
  ChannelPriority priority_;
};

}  // namespace

void order_candidates(CandidateTable& table, CandidateBook& book) {
  const bool orderable = table.candidates.size() > 1;
  if (orderable) Order(table, book).run();
}

}  // namespace kasane::resolver
