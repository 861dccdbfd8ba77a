#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"
#include "base/url.h"
#include "resolver/pypi/distribution_source.h"
#include "resolver/pypi/fetch_table.h"
#include "resolver/pypi/index_pages.h"

namespace kasane::resolver::pypi {

/// Which of several indexes a project is taken from.
enum class IndexStrategy {
  /// The first one that knows the project owns it: nobody can put a newer version of it elsewhere.
  kFirstIndex,
  /// All of them, as pip does.
  kBestMatch
};

struct IndexSettings {
  /// Base URLs of the simple API, most important first; users and passwords may stand in them.
  std::vector<Url> indexes;
  /// Pages, directories and files; always looked at, before the indexes.
  std::vector<Url> find_links = {};
  IndexStrategy strategy = IndexStrategy::kFirstIndex;
  /// Files that came later, or of which nobody says when they came, count as not there.
  std::optional<UploadTime> exclude_newer = std::nullopt;
  /// Where pages and metadata are kept for the next run; without it they are not.
  std::optional<Path> cache_directory = std::nullopt;
  /// Where large wheels are put while their metadata is read.
  Path scratch_directory = "/tmp";
  /// How many requests may be under way for hints.
  unsigned connections = 16;
};

/// Files and metadata from indexes. Everything is asked for once; hints are fetched by threads of
/// its own and change nothing but the time.
class IndexClient final : public DistributionSource {
 public:
  /// What `transport` refers to, and `files`, are borrowed.
  IndexClient(IndexSettings settings, TransportOptions transport, FileSystem& files);

  const ProjectFiles& files(std::string_view project) override;
  const Metadata& metadata(std::string_view project, const DistributionFile& file) override;
  Digest sha256(std::string_view project, const DistributionFile& file) override;
  void hint_files(std::span<const std::string_view> projects) override;
  void hint_metadata(std::string_view project, const DistributionFile& file) override;

 private:
  class Collector;

  ProjectFiles collect(const std::string& project);
  const IndexPage& links(std::size_t place);
  Metadata read_metadata(std::string_view project, const DistributionFile& file);
  std::optional<std::string> find_published_metadata(const DistributionFile& file);
  std::string fetch_metadata_text(const std::string& project, const DistributionFile& file);
  IndexRequest request_for(const IndexFile& file) const;

  IndexSettings settings_;
  IndexTransport transport_;
  std::optional<PageCache> page_cache_;
  std::optional<PageCache> metadata_cache_;
  IndexPages pages_;
  FetchTable<ProjectFiles> projects_;
  FetchTable<IndexPage> links_;
  FetchTable<Metadata> metadata_;
  /// Last, so that its threads end before what they use.
  BackgroundWork background_;
};

}  // namespace kasane::resolver::pypi
