#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/codec.h"
#include "base/file_system.h"
#include "resolver/conda/conda_candidates.h"
#include "tests/support/conda_checker.h"
#include "tests/support/index_source.h"
#include "tests/support/temporary_directory.h"

namespace kasane::test {

/// The channels of a folder, opened when a case names them.
class CaseChannels {
 public:
  /// Without a directory for indexes, they are gone at the end.
  CaseChannels(Path folder, const std::string& indexes)
      : folder_(std::move(folder)), indexes_(indexes.empty() ? directory_.path() : Path(indexes)) {}

  resolver::ChannelRecords records(const std::string& name, const std::string& platform) {
    resolver::ChannelRecords out;
    const auto [found, added] = channels_.try_emplace(name, resolver::Channel::parse(name, {}));
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
    const std::string url = fmt::format("{}/{}/", channels_.at(name).url(), subdir);
    std::string file_name = name + "-" + subdir;
    std::replace(file_name.begin(), file_name.end(), '/', '_');
    const Path path = indexes_ / file_name;
    found->second = find_index_source(path, url, subdir);
    if (found->second) return found->second.get();
    const std::string json = read(folder_ / name / subdir);
    if (json.empty()) return nullptr;
    // The checker keeps all records, which is much for a large channel.
    if (json.size() < (std::size_t{64} << 20)) checker_.add_repodata(url, json);
    found->second = make_index_source(path, json, url, subdir);
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
  Path indexes_;
  std::map<std::string, resolver::Channel> channels_;
  std::map<std::string, std::unique_ptr<IndexSource>> sources_;
  CondaChecker checker_;
};

}  // namespace kasane::test
