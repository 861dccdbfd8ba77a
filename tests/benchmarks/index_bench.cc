#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <simdjson.h>

#include "base/error.h"
#include "base/file_system.h"
#include "resolver/conda/channel_index.h"
#include "resolver/conda/index_writer.h"

/// index_bench REPODATA.json DIRECTORY: makes an index of it, against simdjson's own speed of
/// walking the same file on one core, and opens it. make_conda_channel.py makes such a file.
namespace {

using namespace kasane;
using namespace kasane::resolver;

double seconds_of(const std::function<void()>& body) {
  const auto start = std::chrono::steady_clock::now();
  body();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Looks at each value once, as cheaply as simdjson can: strings and numbers are taken raw.
std::uint64_t walk(simdjson::ondemand::value value) {
  std::uint64_t sum = 0;
  switch (value.type()) {
    case simdjson::ondemand::json_type::object:
      for (auto field : value.get_object()) {
        sum += field.key().value().raw() != nullptr;
        sum += walk(field.value());
      }
      return sum;
    case simdjson::ondemand::json_type::array:
      for (auto item : value.get_array()) sum += walk(item.value());
      return sum;
    case simdjson::ondemand::json_type::string:
      return std::string_view(value.get_string()).size();
    default:
      return value.raw_json_token().size();
  }
}

double processor_seconds() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

long peak_megabytes() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss / 1024;
}

/// What one of several rounds took.
struct Round {
  double seconds = 0;
  double processor = 0;
};

Round measure(const std::function<void()>& body) {
  const double before = processor_seconds();
  const double seconds = seconds_of(body);
  return {seconds, processor_seconds() - before};
}

Round median(std::vector<Round> rounds) {
  const auto middle = [&](double Round::*field) {
    std::sort(rounds.begin(), rounds.end(),
              [&](const Round& a, const Round& b) { return a.*field < b.*field; });
    return rounds[rounds.size() / 2].*field;
  };
  return {middle(&Round::seconds), middle(&Round::processor)};
}

/// The repodata with its index behind it, as a channel's file is.
IndexReport make_index(const Path& repodata, const Path& path, unsigned threads, Round& round,
                       Round& copied) {
  PosixFileSystem disk;
  disk.remove(path);
  const auto out = disk.append_file(path);
  copied = measure([&] {
    const auto json = disk.open_file(repodata);
    FileSource source(*json);
    copy(source, *out);
  });
  const auto json = disk.open_file(path);
  IndexReport report;
  round = measure([&] {
    report = write_index(*json, *out, {.threads = threads, .source = "bench"});
    out->close();
  });
  return report;
}

/// How long it takes to find each hundredth name and look at its records.
void measure_finding(const Path& path, std::string_view what) {
  std::optional<ChannelIndex> index;
  const double opened =
      seconds_of([&] { index = ChannelIndex::open(path, path.string() + ".tables"); });
  std::uint64_t records = 0;
  std::size_t names = 0;
  const Round touched = measure([&] {
    for (std::size_t i = 0; i < index->name_count(); i += 100, ++names) {
      records += index->find(index->name(i))->size();
    }
  });
  const double closed = seconds_of([&] { index.reset(); });
  fmt::print(
      "{}: opened in {:.3f} ms; {} names with {} records found in {:.3f} ms ({:.3f} ms of "
      "processor); closed in {:.3f} ms\n",
      what, opened * 1e3, names, records, touched.seconds * 1e3, touched.processor * 1e3,
      closed * 1e3);
}

void run(const Path& repodata, const Path& directory) {
  constexpr int kRounds = 7;
  PosixFileSystem disk;
  const Path path = directory / "bench.index";
  disk.remove(path.string() + ".tables");
  const double megabytes = static_cast<double>(disk.find_status(repodata)->size) / 1e6;
  std::vector<Round> one;
  std::vector<Round> two;
  std::vector<Round> copies;
  IndexReport report;
  long peak = 0;
  for (int round = 0; round < kRounds; ++round) {
    make_index(repodata, path, 1, one.emplace_back(), copies.emplace_back());
    report = make_index(repodata, path, 2, two.emplace_back(), copies.emplace_back());
  }
  peak = peak_megabytes();
  const simdjson::padded_string text = simdjson::padded_string::load(repodata.string());
  simdjson::ondemand::parser parser;
  std::vector<Round> walks;
  std::uint64_t sum = 0;
  for (int round = 0; round < kRounds; ++round) {
    walks.push_back(measure([&] {
      simdjson::ondemand::document document = parser.iterate(text);
      sum += walk(document);
    }));
  }
  const Round walked = median(walks);
  fmt::print("{} records, {} names, {:.0f} MB of JSON; peak {} MB; index {:.1f} MB\n",
             report.records, report.names, megabytes, peak,
             static_cast<double>(disk.find_status(path)->size) / 1e6 - megabytes);
  fmt::print("simdjson walks it in {:.3f} s, {:.3f} s of processor, {:.0f} MB/s ({})\n",
             walked.seconds, walked.processor, megabytes / walked.seconds, sum % 1000);
  for (const auto& [threads, rounds] : {std::pair{1, one}, {2, two}}) {
    const Round made = median(rounds);
    fmt::print(
        "index with {} threads: {:.3f} s, {:.3f} s of processor, {:.0f} MB/s; {:.2f} of the speed "
        "of "
        "the walk, {:.2f} times its processor time\n",
        threads, made.seconds, made.processor, megabytes / made.seconds,
        walked.seconds / made.seconds, made.processor / walked.processor);
  }
  const Round copied = median(copies);
  fmt::print("before it, the JSON was copied into its file in {:.3f} s, {:.3f} s of processor\n",
             copied.seconds, copied.processor);
  measure_finding(path, "first time");
  measure_finding(path, "second time");
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) {
    fmt::print(stderr, "usage: index_bench REPODATA.json DIRECTORY\n");
    return 2;
  }
  try {
    run(arguments[1], arguments[2]);
  } catch (const Error& error) {
    fmt::print(stderr, "{}", error.render());
    return 1;
  }
  return 0;
}
