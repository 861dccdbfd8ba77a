// Solves recorded questions (lock_cases.py) over the channels of a folder, checks each solution
// with code that shares nothing with the provider, and prints what became of them and how long it
// took.
//
//     conda_cases CHANNELS CASES.jsonl [requests|pinned] [--show ID] [--indexes DIR]
//
// CHANNELS holds NAME/SUBDIR/repodata.json.zst or repodata.json. With --indexes, indexes are kept
// in DIR: a second run makes none, and its memory is that of solving.

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "resolver/resolve/solve_conda.h"
#include "tests/benchmarks/case_channels.h"

namespace kasane::test {
namespace {

using nlohmann::json;
using resolver::CondaQuestion;
using Clock = std::chrono::steady_clock;

struct Result {
  double milliseconds = 0;
  std::string trouble;
  bool unsatisfiable = false;
  std::vector<std::string> urls;
};

class Runner {
 public:
  Runner(Path folder, const std::string& indexes, std::string kind, std::string show)
      : channels_(std::move(folder), indexes), kind_(std::move(kind)), show_(std::move(show)) {}

  void run(const json& item) {
    const std::string id = item.at("id");
    if (!show_.empty() && id != show_) return;
    if (!item.contains(kind_) || item.at(kind_).is_null()) {
      ++without_question_;
      return;
    }
    const Result result = solve(item);
    const bool whole = item.value("whole", true);
    if (result.trouble.empty()) {
      ++(whole ? solved_ : solved_incomplete_);
      times_.push_back(result.milliseconds);
    } else if (item.value("may_fail", false) && result.unsatisfiable) {
      ++refused_;
      refusal_times_.push_back(result.milliseconds);
    } else {
      ++(whole ? failed_ : failed_incomplete_);
      fmt::print("{}{}  {}\n{}\n", id, whole ? "" : " (records missing)", item.value("source", ""),
                 result.trouble);
    }
    if (!show_.empty()) {
      for (const std::string& url : result.urls) fmt::print("{}\n", url);
    }
  }

  void report() {
    fmt::print(
        "{} solved and checked, {} not; of cases whose records are not all there: {} solved, "
        "{} not; {} without such a question\n",
        solved_, failed_, solved_incomplete_, failed_incomplete_, without_question_);
    print_times("solved", times_);
    print_times(fmt::format("{} refused", refused_), refusal_times_);
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    fmt::print("peak memory {} MB\n", usage.ru_maxrss / 1024);
  }

  bool all_solved() const { return failed_ == 0; }

 private:
  Result solve(const json& item) {
    const std::string platform = item.at("platform");
    std::vector<resolver::ChannelRecords> records;
    for (const std::string name : item.at("channels")) {
      records.push_back(channels_.records(name, platform));
    }
    Result result;
    const CondaQuestion question = question_of(item, platform);
    // The first time warms what the system keeps of files.
    for (int round = 0; round < 2; ++round) result = solve_once(question, records, item);
    return result;
  }

  Result solve_once(const CondaQuestion& question,
                    const std::vector<resolver::ChannelRecords>& records, const json& item) {
    Result result;
    const auto begin = Clock::now();
    const auto passed = [&] {
      return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
    };
    try {
      const resolver::CondaAnswer answer = resolver::solve_conda(question, records);
      result.milliseconds = passed();
      for (const auto& package : answer.packages) result.urls.push_back(package.url);
      if (item.value("check", true)) result.trouble = check(question, answer);
    } catch (const Error& error) {
      result.milliseconds = passed();
      result.unsatisfiable = error.kind() == ErrorKind::kUnsatisfiable;
      result.trouble = error.render();
    }
    return result;
  }

  std::string check(const CondaQuestion& question, const resolver::CondaAnswer& answer) {
    std::vector<std::string> requests;
    for (const auto& request : question.requests) requests.push_back(request.written.text);
    std::string text;
    for (const std::string& line :
         channels_.checker().check(requests, question.virtual_packages, answer.packages)) {
      text += "  " + line + "\n";
    }
    return text;
  }

  CondaQuestion question_of(const json& item, const std::string& platform) {
    resolver::EnvironmentSpec spec;
    for (const std::string text : item.at(kind_)) spec.conda.push_back({text, {}});
    CondaQuestion question;
    question.platform = platform;
    question.requests = resolver::read_conda_requests(spec);
    resolver::SystemFacts facts;
    // What was recorded was chosen for machines of which only that is known.
    if (kind_ == "pinned") facts = {.glibc = "2.40", .kernel = "6.6", .cuda = "12.9"};
    if (item.contains("cuda") && item["cuda"].is_string()) facts.cuda = item["cuda"];
    if (item.contains("glibc") && item["glibc"].is_string()) facts.glibc = item["glibc"];
    question.virtual_packages = resolver::VirtualPackages::of(platform, facts);
    const std::string priority = item.value("priority", "strict");
    if (priority == "disabled") question.rules.priority = resolver::ChannelPriority::kDisabled;
    if (priority == "flexible") question.rules.priority = resolver::ChannelPriority::kFlexible;
    return question;
  }

  static void print_times(std::string_view what, std::vector<double>& times) {
    if (times.empty()) return;
    std::sort(times.begin(), times.end());
    const auto at = [&](double part) {
      return times[static_cast<std::size_t>(part * static_cast<double>(times.size() - 1))];
    };
    fmt::print("{}: milliseconds: median {:.1f}, 95 % {:.1f}, most {:.1f}\n", what, at(0.5),
               at(0.95), times.back());
  }

  CaseChannels channels_;
  std::string kind_, show_;
  std::vector<double> times_, refusal_times_;
  int refused_ = 0;
  int solved_ = 0, failed_ = 0, solved_incomplete_ = 0, failed_incomplete_ = 0;
  int without_question_ = 0;
};

int run(int argc, char** argv) {
  if (argc < 3) {
    fmt::print(stderr,
               "conda_cases CHANNELS CASES.jsonl [requests|pinned] [--show ID] [--indexes DIR]\n");
    return 2;
  }
  const std::vector<std::string> rest(argv + 3, argv + argc);
  const bool pinned = std::find(rest.begin(), rest.end(), "pinned") != rest.end();
  const auto after = [&](std::string_view option) {
    const auto found = std::find(rest.begin(), rest.end(), option);
    return found != rest.end() && found + 1 != rest.end() ? *(found + 1) : std::string();
  };
  Runner runner(argv[1], after("--indexes"), pinned ? "pinned" : "requests", after("--show"));
  std::ifstream cases(argv[2]);
  for (std::string line; std::getline(cases, line);) runner.run(json::parse(line));
  runner.report();
  return runner.all_solved() ? 0 : 1;
}

}  // namespace
}  // namespace kasane::test

int main(int argc, char** argv) { return kasane::test::run(argc, argv); }
