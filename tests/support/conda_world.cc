#include "tests/support/conda_world.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace kasane::test {
namespace {

using resolver::Channel;
using resolver::CondaAnswer;
using resolver::CondaQuestion;

std::uint64_t build_number_of(std::string_view build) {
  const std::string_view digits = build.substr(build.rfind('_') + 1);
  std::uint64_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

nlohmann::json record_of(const CondaLine& line, std::string& file_name) {
  const std::size_t first = line.what.find(' ');
  const std::size_t second = line.what.find(' ', first + 1);
  const std::string name = line.what.substr(0, first);
  const std::string version = line.what.substr(first + 1, second - first - 1);
  const std::string build = line.what.substr(second + 1);
  file_name = fmt::format("{}-{}-{}{}", name, version, build, line.tar_bz2 ? ".tar.bz2" : ".conda");
  nlohmann::json record = {{"name", name},
                           {"version", version},
                           {"build", build},
                           {"build_number", build_number_of(build)},
                           {"depends", line.depends},
                           {"constrains", line.constrains},
                           {"sha256", Digest::of(line.subdir + file_name).hex()},
                           {"subdir", line.subdir}};
  if (!line.track_features.empty()) record["track_features"] = line.track_features;
  if (line.timestamp_ms != 0) record["timestamp"] = line.timestamp_ms;
  if (line.subdir == "noarch") record["noarch"] = "generic";
  return record;
}

}  // namespace

std::string repodata_of(const std::vector<CondaLine>& lines, const std::string& subdir) {
  // In the order of the lines, not of the names: nothing may depend on it.
  nlohmann::ordered_json repodata = {{"info", {{"subdir", subdir}}},
                                     {"packages", nlohmann::ordered_json::object()},
                                     {"packages.conda", nlohmann::ordered_json::object()}};
  for (const CondaLine& line : lines) {
    if (line.subdir != subdir) continue;
    std::string file_name;
    nlohmann::json record = record_of(line, file_name);
    repodata[line.tar_bz2 ? "packages" : "packages.conda"][file_name] = std::move(record);
  }
  return repodata.dump();
}

CondaWorld::CondaWorld() = default;
CondaWorld::~CondaWorld() = default;

CondaWorld::Opened& CondaWorld::opened(const std::string& name) {
  Channel channel = Channel::parse(name, {});
  for (Opened& known : channels_) {
    if (known.channel == channel) return known;
  }
  return channels_.emplace_back(Opened{std::move(channel), {}});
}

void CondaWorld::add_channel(const std::string& name, const std::vector<CondaLine>& lines) {
  for (const char* subdir : {"linux-64", "noarch"}) {
    add_repodata(name, subdir, repodata_of(lines, subdir));
  }
}

void CondaWorld::add_repodata(const std::string& name, const std::string& subdir,
                              const std::string& json) {
  Opened& channel = opened(name);
  const Path path =
      directory_.path() / fmt::format("{}-{}", channels_.size(), channel.subdirs.size());
  const std::string url = fmt::format("{}/{}/", channel.channel.url(), subdir);
  channel.subdirs.push_back(make_index_source(path, json, url, subdir));
  checker_.add_repodata(url, json);
}

CondaQuestion CondaWorld::question(const std::vector<std::string>& requests) const {
  resolver::EnvironmentSpec spec;
  int line = 1;
  for (const std::string& request : requests) {
    SourcePlace place;
    place.file = "spec.yml";
    place.line = line++;
    spec.conda.push_back({request, place});
  }
  CondaQuestion question;
  question.requests = resolver::read_conda_requests(spec);
  question.virtual_packages = resolver::VirtualPackages::of("linux-64", {});
  return question;
}

std::vector<resolver::ChannelRecords> CondaWorld::channels() {
  std::vector<resolver::ChannelRecords> out;
  for (Opened& channel : channels_) {
    resolver::ChannelRecords& records = out.emplace_back();
    records.channel = &channel.channel;
    for (const auto& source : channel.subdirs) records.subdirs.push_back(source.get());
  }
  return out;
}

IndexSource& CondaWorld::source(const std::string& channel, const std::string& subdir) {
  for (const auto& source : opened(channel).subdirs) {
    if (source->subdir() == subdir) return *source;
  }
  throw Error(ErrorKind::kFailed, "no such subdir");
}

CondaAnswer CondaWorld::solve(const CondaQuestion& question) {
  return resolver::solve_conda(question, channels());
}

std::vector<std::string> CondaWorld::chosen(const std::vector<std::string>& requests) {
  return chosen(question(requests));
}

std::vector<std::string> CondaWorld::chosen(const CondaQuestion& question) {
  const CondaAnswer answer = solve(question);
  std::vector<std::string> requests;
  for (const auto& request : question.requests) requests.push_back(request.written.text);
  const auto complaints = checker_.check(requests, question.virtual_packages, answer.packages);
  if (!complaints.empty()) throw Error(ErrorKind::kFailed, complaints.front());
  std::vector<std::string> out;
  for (const auto& package : answer.packages) {
    out.push_back(fmt::format("{}={}={}", package.name, package.version, package.build));
  }
  return out;
}

std::string CondaWorld::story(const std::vector<std::string>& requests) {
  return story(question(requests));
}

std::string CondaWorld::story(const CondaQuestion& question) {
  try {
    solve(question);
  } catch (const Error& error) {
    return error.render();
  }
  return "there is a solution\n";
}

}  // namespace kasane::test
