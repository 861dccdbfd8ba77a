// Solves recorded questions (joint_cases.py) over an index of Python distributions, and over
// channels where a question has some, and prints what became of them and how long it took.
// Solutions of both sides are checked with code that shares nothing with what chooses; of those of
// pip alone the verdict is compared.
//
//     joint_cases CHANNELS INDEX.json CASES.jsonl [pinned|loose] [--show ID]
//
// `pinned` asks for each recorded package of both sides in its version; `loose` asks conda for what
// the specification asks, and pip for the recorded distributions in any version.

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "resolver/pypi/pypi_texts.h"
#include "resolver/resolve/solve_joint.h"
#include "tests/benchmarks/case_channels.h"
#include "tests/support/joint_checker.h"
#include "tests/support/memory_distributions.h"
#include "tests/support/python_index.h"

namespace kasane::test {
namespace {

using nlohmann::json;
using Clock = std::chrono::steady_clock;

double milliseconds_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

std::string headers_of(const json& version) {
  std::string out;
  const json requires_dist = version.value("requires_dist", json::array());
  if (requires_dist.is_array()) {
    for (const json& text : requires_dist) {
      out += "Requires-Dist: " + text.get<std::string>() + "\n";
    }
  }
  const json python = version.value("requires_python", json());
  if (python.is_string()) out += "Requires-Python: " + python.get<std::string>() + "\n";
  return out;
}

class Runner {
 public:
  Runner(Path channels, bool pinned, std::string show)
      : channels_(std::move(channels), ""),
        checker_(channels_.checker()),
        pinned_(pinned),
        show_(std::move(show)) {}

  void read_index(const std::string& path) {
    std::ifstream stream(path);
    const json index = json::parse(stream);
    for (const auto& [project, versions] : index.items()) {
      for (const auto& [version, said] : versions.items()) {
        if (!resolver::pypi::PythonVersion::find(version)) continue;
        add(project, version, said);
      }
    }
  }

  void run(const json& item) {
    id_ = item.at("id");
    if (!show_.empty() && id_ != show_) return;
    try {
      // The first time warms what the system keeps of files.
      for (int round = 0; round < 2; ++round) item.contains("channels") ? joint(item) : pip(item);
    } catch (const Error& error) {
      trouble_.push_back(error.render());
    }
    if (trouble_.empty()) {
      ++solved_;
      times_.push_back(milliseconds_);
    } else {
      ++failed_;
      fmt::print("{}  {}\n", id_, item.value("source", ""));
      for (const std::string& line : trouble_) fmt::print("  {}\n", line);
    }
    trouble_.clear();
  }

  bool report() {
    fmt::print("{} solved and checked, {} not\n", solved_, failed_);
    std::sort(times_.begin(), times_.end());
    if (!times_.empty()) {
      fmt::print("milliseconds: median {:.1f}, most {:.1f}\n", times_[times_.size() / 2],
                 times_.back());
    }
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    fmt::print("peak memory {} MB\n", usage.ru_maxrss / 1024);
    return failed_ == 0;
  }

 private:
  void add(const std::string& project, const std::string& version, const json& said) {
    const std::string headers = headers_of(said);
    for (const auto& [name, _] : said.at("files").items()) {
      try {
        index_.add(project, version, {.name = name, .metadata = headers});
        checker_.add_wheel(name, metadata_text(project, version, headers));
      } catch (const Error&) {
        // Eggs and the like, which no index's reader takes either.
      }
    }
  }

  void joint(const json& item) {
    const std::string platform = item.at("platform");
    std::vector<resolver::ChannelRecords> records;
    for (const std::string name : item.at("channels")) {
      records.push_back(channels_.records(name, platform));
    }
    resolver::EnvironmentSpec spec;
    const bool recorded = pinned_ || !item.contains("requests");
    for (const std::string text : item.at(recorded ? "pinned" : "requests")) {
      spec.conda.push_back({text, {}});
    }
    for (const std::string text : item.at("pip")) {
      resolver::PipRequirement requirement;
      requirement.text = pinned_ ? text : text.substr(0, text.find('='));
      spec.pip.push_back(requirement);
    }
    resolver::JointQuestion question;
    question.conda.platform = platform;
    question.conda.requests = resolver::read_conda_requests(spec);
    // What was recorded was chosen for machines of which only that is known.
    const resolver::SystemFacts facts{.glibc = "2.40", .kernel = "6.6", .cuda = "12.9"};
    question.conda.virtual_packages = resolver::VirtualPackages::of(platform, facts);
    question.pip = resolver::read_pip_requests(spec);
    // A lock that ends without Python asks for none.
    if (question.pip.empty()) question.pip.requirements.clear();
    const auto begin = Clock::now();
    const auto answer = question.pip.empty() ? resolver::solve_conda(question.conda, records)
                                             : resolver::solve_joint(question, records, index_);
    milliseconds_ = milliseconds_since(begin);
    check(question, answer);
  }

  void check(const resolver::JointQuestion& question, const resolver::CondaAnswer& answer) {
    std::vector<std::string> conda, pip;
    for (const auto& request : question.conda.requests) conda.push_back(request.written.text);
    for (const auto& request : question.pip.requirements) pip.push_back(request.written.text);
    const auto& system = question.conda.virtual_packages;
    trouble_ = pip.empty() ? channels_.checker().check(conda, system, answer.packages)
                           : checker_.check(conda, pip, system, answer.packages);
    if (show_.empty()) return;
    for (const auto& package : answer.packages)
      fmt::print("{} {}\n", package.name, package.version);
  }

  void pip(const json& item) {
    const auto version = resolver::pypi::PythonVersion::parse(item.at("python").get<std::string>());
    const resolver::pypi::PypiTarget target = resolver::pypi::cpython_target(
        version, "x86_64", {resolver::pypi::TargetLibc::Kind::kGlibc, 2, 28});
    const auto begin = Clock::now();
    resolver::pypi::PypiProvider provider(index_, {target});
    std::uint32_t rank = 0;
    for (const std::string text : item.at("pip")) {
      provider.require(resolver::pypi::Requirement::parse(text), ++rank);
    }
    const auto outcome = resolver::solver::solve(provider, provider.problem());
    milliseconds_ = milliseconds_since(begin);
    const auto* solution = std::get_if<resolver::solver::Solution>(&outcome.result);
    const json expected = item.value("resolved", json());
    const bool satisfiable = !item.contains("resolved") || expected.is_object();
    if ((solution != nullptr) != satisfiable) {
      trouble_.push_back("another verdict than recorded");
      if (const auto* conflict = std::get_if<resolver::solver::Conflict>(&outcome.result)) {
        resolver::pypi::PypiTexts texts(provider);
        trouble_.push_back(resolver::solver::tell(*conflict, texts).text);
      }
    }
    std::size_t count = 0;
    if (solution != nullptr) {
      for (const auto& chosen : provider.read(*solution)) {
        ++count;
        if (!show_.empty()) fmt::print("{} {}\n", chosen.project, chosen.version->text());
      }
    }
    if (show_.empty() && ++rounds_ % 2 == 0) {
      fmt::print("{:<28} {:>4} distributions, {:>6} decisions, {:>5} conflicts, {:8.1f} ms\n", id_,
                 count, outcome.effort.decisions, outcome.effort.conflicts, milliseconds_);
    }
  }

  CaseChannels channels_;
  MemoryDistributions index_;
  JointChecker checker_;
  bool pinned_;
  std::string show_, id_;
  double milliseconds_ = 0;
  int rounds_ = 0;
  std::vector<std::string> trouble_;
  std::vector<double> times_;
  int solved_ = 0;
  int failed_ = 0;
};

int run(int argc, char** argv) {
  if (argc < 4) {
    fmt::print(stderr, "joint_cases CHANNELS INDEX.json CASES.jsonl [pinned|loose] [--show ID]\n");
    return 2;
  }
  const std::vector<std::string> rest(argv + 4, argv + argc);
  const bool loose = std::find(rest.begin(), rest.end(), "loose") != rest.end();
  const auto show = std::find(rest.begin(), rest.end(), "--show");
  Runner runner(argv[1], !loose,
                show != rest.end() && show + 1 != rest.end() ? *(show + 1) : std::string());
  runner.read_index(argv[2]);
  std::ifstream cases(argv[3]);
  for (std::string line; std::getline(cases, line);) runner.run(json::parse(line));
  return runner.report() ? 0 : 1;
}

}  // namespace
}  // namespace kasane::test

int main(int argc, char** argv) { return kasane::test::run(argc, argv); }
