// Solves recorded questions (lock_cases.py) over the channels of a folder, checks each solution
// with code that shares nothing with the provider, and prints what became of them and how long it
// took.
//
//     conda_cases CHANNELS CASES.jsonl [requests|pinned] [--show ID]
//
// CHANNELS holds NAME/SUBDIR/repodata.json.zst or repodata.json.

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

#include "base/codec.h"
#include "base/error.h"
#include "base/file_system.h"
#include "resolver/conda/index_writer.h"
#include "resolver/resolve/solve_conda.h"
#include "tests/support/conda_checker.h"
#include "tests/support/index_source.h"
#include "tests/support/memory_file.h"
#include "tests/support/temporary_directory.h"

namespace kasane::test {
namespace {

using nlohmann::json;
using resolver::Channel;
using resolver::CondaQuestion;
using Clock = std::chrono::steady_clock;

/// The channels of a folder, opened when a case names them.
class Channels {
 public:
  explicit Channels(Path folder) : folder_(std::move(folder)) {}

  resolver::ChannelRecords records(const std::string& name, const std::string& platform) {
    resolver::ChannelRecords out;
    const auto [found, added] = channels_.try_emplace(name, Channel::parse(name, {}));
    out.channel = &found->second;
    for (const std::string& subdir : {platform, std::string("noarch")}) {
      if (IndexSource* source = open(name, subdir)) out.subdirs.push_back(source);
    }
    return out;
  }
  const CondaChecker& checker() const { return checker_; }

 private:
  IndexSource* open(const std::string& name, const std::string& subdir) {
    const auto [found, added] = sources_.try_emplace(name + "/" + subdir);
    if (!added) return found->second.get();
    const std::string json = read(folder_ / name / subdir);
    if (json.empty()) return nullptr;
    const Path path = directory_.path() / fmt::format("{}", sources_.size());
    StringSink index;
    resolver::write_index(testing::MemoryFile(json), index, {});
    std::ofstream(path, std::ios::binary) << json << index.take();
    const std::string url = fmt::format("{}/{}/", channels_.at(name).url(), subdir);
    // The checker keeps all records, which is much for a large channel.
    if (json.size() < (std::size_t{64} << 20)) checker_.add_repodata(url, json);
    auto opened = resolver::ChannelIndex::open(path);
    if (!opened) throw Error(ErrorKind::kFailed, "the index cannot be read back");
    found->second = std::make_unique<IndexSource>(std::move(*opened), url, subdir);
    return found->second.get();
  }

  std::string read(const Path& directory) {
    for (const char* name : {"repodata.json.zst", "repodata.json"}) {
      const auto file = files_.find_file(directory / name);
      if (!file) continue;
      FileSource bytes(*file);
      const bool packed = std::string_view(name).ends_with(".zst");
      const auto source = decompress(packed ? Codec::kZstd : Codec::kNone, bytes);
      return read_all(*source, std::size_t{4} << 30, name);
    }
    return "";
  }

  Path folder_;
  PosixFileSystem files_;
  testing::TemporaryDirectory directory_;
  std::map<std::string, Channel> channels_;
  std::map<std::string, std::unique_ptr<IndexSource>> sources_;
  CondaChecker checker_;
};

struct Result {
  double milliseconds = 0;
  std::string trouble;
  std::vector<std::string> urls;
};

class Runner {
 public:
  Runner(Path folder, std::string kind, std::string show)
      : channels_(std::move(folder)), kind_(std::move(kind)), show_(std::move(show)) {}

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
    if (times_.empty()) return;
    std::sort(times_.begin(), times_.end());
    const auto at = [&](double part) {
      return times_[static_cast<std::size_t>(part * static_cast<double>(times_.size() - 1))];
    };
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    fmt::print("milliseconds: median {:.1f}, 95 % {:.1f}, most {:.1f}; peak memory {} MB\n",
               at(0.5), at(0.95), times_.back(), usage.ru_maxrss / 1024);
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
    try {
      const CondaQuestion question = question_of(item, platform);
      resolver::CondaAnswer answer = resolver::solve_conda(question, records);
      const auto begin = Clock::now();
      answer = resolver::solve_conda(question, records);
      result.milliseconds = std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
      for (const auto& package : answer.packages) result.urls.push_back(package.url);
      if (item.value("check", true)) result.trouble = check(question, answer);
    } catch (const Error& error) {
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

  Channels channels_;
  std::string kind_, show_;
  std::vector<double> times_;
  int solved_ = 0, failed_ = 0, solved_incomplete_ = 0, failed_incomplete_ = 0;
  int without_question_ = 0;
};

int run(int argc, char** argv) {
  if (argc < 3) {
    fmt::print(stderr, "conda_cases CHANNELS CASES.jsonl [requests|pinned] [--show ID]\n");
    return 2;
  }
  const std::vector<std::string> rest(argv + 3, argv + argc);
  const bool pinned = std::find(rest.begin(), rest.end(), "pinned") != rest.end();
  const auto show = std::find(rest.begin(), rest.end(), "--show");
  Runner runner(argv[1], pinned ? "pinned" : "requests",
                show != rest.end() && show + 1 != rest.end() ? *(show + 1) : "");
  std::ifstream cases(argv[2]);
  for (std::string line; std::getline(cases, line);) runner.run(json::parse(line));
  runner.report();
  return runner.all_solved() ? 0 : 1;
}

}  // namespace
}  // namespace kasane::test

int main(int argc, char** argv) { return kasane::test::run(argc, argv); }
