#include "resolver/resolve/locked_record.h"

#include <fmt/format.h>

#include "base/text.h"

namespace kasane::resolver {
namespace {

struct Demand {
  std::string version;
  std::string build;
};

Demand split_demand(std::string_view text) {
  const std::size_t space = text.find(' ');
  if (space == std::string_view::npos) return {std::string(text), ""};
  return {std::string(text.substr(0, space)), std::string(text.substr(space + 1))};
}

std::string in_parentheses(const std::string& version) {
  return version.find('|') == std::string::npos ? version : "(" + version + ")";
}

/// Both demands in one, as far as a MatchSpec can say it: a lock has one for each name.
std::string join_demands(const std::string& a, const std::string& b) {
  if (a == b || b.empty() || b == "*") return a;
  if (a.empty() || a == "*") return b;
  if (a.front() == '[' || b.front() == '[') return a;
  const Demand left = split_demand(a);
  const Demand right = split_demand(b);
  const bool same = left.version == right.version || right.version == "*";
  std::string joined =
      same ? left.version : in_parentheses(left.version) + "," + in_parentheses(right.version);
  const std::string& build = left.build.empty() ? right.build : left.build;
  return build.empty() ? joined : joined + " " + build;
}

}  // namespace

LockedPackage locked_record(std::string_view name, const IndexRecord& record,
                            RecordSource& source) {
  LockedPackage out;
  out.name = name;
  out.version = record.version;
  out.build = record.build;
  out.url = std::string(source.package_url()) + record.file_name;
  out.sha256 = record.sha256;
  out.md5 = record.md5;
  for (std::size_t i = 0; i < record.depends.size(); ++i) {
    const std::string_view text = trim(record.depends[i], " ");
    const std::size_t end = std::min(text.find_first_of(" =<>!~["), text.size());
    std::string& demand = out.dependencies[std::string(text.substr(0, end))];
    demand = join_demands(demand, std::string(trim(text.substr(end), " ")));
  }
  return out;
}

std::vector<std::string> identities_of(const LockedPackage& package) {
  std::vector<std::string> texts;
  const std::string exact =
      package.build.empty()
          ? fmt::format("{} =={}", package.name, package.version)
          : fmt::format("{} =={} {}", package.name, package.version, package.build);
  if (package.sha256) {
    texts.push_back(fmt::format("{}[sha256={}]", exact, package.sha256->hex()));
  } else if (package.md5) {
    texts.push_back(fmt::format("{}[md5={}]", exact, package.md5->hex()));
  }
  texts.push_back(exact);
  return texts;
}

}  // namespace kasane::resolver
