#include "tests/support/solver_world.h"

#include <algorithm>
#include <sstream>
#include <stdexcept>

namespace kasane::test {

namespace {

std::vector<int> numbers(const std::string& version) {
  std::vector<int> parts;
  std::istringstream in(version);
  for (std::string part; std::getline(in, part, '.');) parts.push_back(std::stoi(part));
  return parts;
}

std::vector<std::string> split(const std::string& text, const std::string& at) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  for (std::size_t end; (end = text.find(at, begin)) != std::string::npos;
       begin = end + at.size()) {
    parts.push_back(text.substr(begin, end - begin));
  }
  parts.push_back(text.substr(begin));
  return parts;
}

bool matches_one(const std::string& version, const std::string& clause) {
  const std::size_t at = clause.find_first_of("0123456789");
  const std::string op = clause.substr(0, at);
  const auto order = numbers(version) <=> numbers(clause.substr(at));
  if (op == ">=") return order >= 0;
  if (op == "<=") return order <= 0;
  if (op == ">") return order > 0;
  if (op == "<") return order < 0;
  if (op == "!=") return order != 0;
  if (op.empty()) return order == 0;
  throw std::invalid_argument(clause);
}

class Builder {
 public:
  SolverWorld build(const std::vector<WorldRecord>& records, const WorldRequest& request) {
    for (const WorldRecord& record : records) {
      SolverWorld::Candidate candidate;
      candidate.version = record.version;
      candidate.excluded = record.excluded;
      candidate.unusable = record.unusable;
      world_.packages[package(record.name)].candidates.push_back(candidate);
    }
    for (auto& package : world_.packages) {
      std::stable_sort(
          package.candidates.begin(), package.candidates.end(),
          [](const auto& a, const auto& b) { return numbers(a.version) > numbers(b.version); });
    }
    for (const WorldRecord& record : records) say(record);
    ask(request);
    return world_;
  }

 private:
  std::size_t package(const std::string& name) {
    for (std::size_t i = 0; i < world_.packages.size(); ++i) {
      if (world_.packages[i].name == name) return i;
    }
    world_.packages.push_back({name, {}});
    return world_.packages.size() - 1;
  }

  SolverWorld::Set set(const std::string& text) {
    const std::vector<std::string> words = split(text, " ");
    SolverWorld::Set set{package(words[0]), {}, text};
    const auto& candidates = world_.packages[set.package].candidates;
    for (std::size_t place = 0; place < candidates.size(); ++place) {
      bool in = true;
      if (words.size() > 1) {
        for (const std::string& clause : split(words[1], ",")) {
          in = in && matches_one(candidates[place].version, clause);
        }
      }
      if (in) set.places.push_back(place);
    }
    return set;
  }

  SolverWorld::Need need(const std::string& text) {
    SolverWorld::Need need;
    const std::vector<std::string> parts = split(text, " if ");
    for (const std::string& part : split(parts[0], " | ")) need.any_of.push_back(set(part));
    if (parts.size() > 1) need.condition = set(parts[1]);
    return need;
  }

  void say(const WorldRecord& record) {
    const std::size_t at = package(record.name);
    std::vector<SolverWorld::Need> needs;
    std::vector<SolverWorld::Set> constrains;
    for (const std::string& text : record.depends) needs.push_back(need(text));
    for (const std::string& text : record.constrains) constrains.push_back(set(text));
    for (auto& candidate : world_.packages[at].candidates) {
      if (candidate.version != record.version) continue;
      candidate.needs = needs;
      candidate.constrains = constrains;
    }
  }

  SolverWorld::Place place(const std::string& text) {
    const SolverWorld::Set found = set(text);
    return {found.package, found.places.at(0)};
  }

  void ask(const WorldRequest& request) {
    std::uint32_t rank = 0;
    for (const std::string& text : request.needs) {
      world_.needs.push_back(need(text));
      world_.needs.back().rank = rank++;
    }
    for (const std::string& text : request.pins) world_.pins.push_back(set(text));
    for (const std::string& text : request.preferences) {
      world_.preferences.push_back({set(text), rank++});
    }
    for (const std::string& text : request.locked) world_.locked.push_back(place(text));
    for (const std::string& text : request.favoured) world_.favoured.push_back(place(text));
  }

  SolverWorld world_;
};

}  // namespace

std::size_t SolverWorld::package_named(std::string_view name) const {
  for (std::size_t i = 0; i < packages.size(); ++i) {
    if (packages[i].name == name) return i;
  }
  throw std::out_of_range(std::string(name));
}

SolverWorld make_world(const std::vector<WorldRecord>& records, const WorldRequest& request) {
  return Builder().build(records, request);
}

}  // namespace kasane::test
