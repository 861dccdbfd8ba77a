#include <sys/resource.h>

#include <chrono>
#include <cstdio>
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

class FileWriter final : public ByteSink {
 public:
  explicit FileWriter(WritableFile& file) : file_(file) {}
  void write(std::string_view bytes) override { file_.write(bytes); }

 private:
  WritableFile& file_;
};

long peak_megabytes() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss / 1024;
}

void run(const Path& repodata, const Path& directory) {
  PosixFileSystem disk;
  const auto json = disk.open_file(repodata);
  const Path path = directory / "bench.index";
  IndexReport report;
  double best = 1e9;
  for (int round = 0; round < 3; ++round) {
    disk.remove(path);
    const double seconds = seconds_of([&] {
      FileSource source(*json);
      const auto file = disk.create_file(path);
      FileWriter writer(*file);
      report = write_index(source, writer, {.threads = 2, .source = "bench"});
      file->close();
    });
    best = std::min(best, seconds);
  }
  const long peak = peak_megabytes();
  const double megabytes = static_cast<double>(report.bytes_read) / 1e6;
  fmt::print("index: {} records, {} names, {:.0f} MB of JSON, {:.3f} s, {:.0f} MB/s, peak {} MB\n",
             report.records, report.names, megabytes, best, megabytes / best, peak);
  std::optional<ChannelIndex> index;
  const double opened = seconds_of([&] { index = ChannelIndex::open(path); });
  std::uint64_t records = 0;
  const double touched = seconds_of([&] {
    for (std::size_t i = 0; i < index->name_count(); i += 100) {
      records += index->find(index->name(i))->size();
    }
  });
  fmt::print("open: {:.3f} ms; finding {} names with {} records: {:.3f} ms; file {:.0f} MB\n",
             opened * 1e3, (index->name_count() + 99) / 100, records, touched * 1e3,
             static_cast<double>(disk.find_status(path)->size) / 1e6);
  const simdjson::padded_string text = simdjson::padded_string::load(repodata.string());
  simdjson::ondemand::parser parser;
  double walked = 1e9;
  std::uint64_t sum = 0;
  for (int round = 0; round < 3; ++round) {
    walked = std::min(walked, seconds_of([&] {
                        simdjson::ondemand::document document = parser.iterate(text);
                        sum += walk(document);
                      }));
  }
  fmt::print("simdjson walks it in {:.3f} s, {:.0f} MB/s ({}); ratio {:.2f}\n", walked,
             megabytes / walked, sum % 1000, walked / best);
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
