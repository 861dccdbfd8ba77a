#include "resolver/pypi/index_client.h"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/archive/entry_path.h"
#include "base/error.h"
#include "resolver/pypi/distribution_name.h"
#include "resolver/pypi/remote_wheel.h"
#include "resolver/pypi/source_metadata.h"

namespace kasane::resolver::pypi {
namespace {

std::optional<PageCache> make_cache(const IndexSettings& settings, FileSystem& files,
                                    std::string_view name) {
  if (!settings.cache_directory) return std::nullopt;
  return std::optional<PageCache>(std::in_place, files, *settings.cache_directory / name);
}

/// What is fetched must be what the file's name promises.
void check_identity(const Metadata& metadata, std::string_view project,
                    const DistributionFile& file) {
  if (normalise_name(metadata.name) == project && metadata.version == file.version) return;
  throw Error(ErrorKind::kIntegrity,
              fmt::format("METADATA is of `{} {}`, the file's name says `{} {}`",
                          printable_name(metadata.name), metadata.version.render(), project,
                          file.version.render()));
}

}  // namespace

/// Puts together what pages say of one project.
class IndexClient::Collector {
 public:
  Collector(std::string_view project, const IndexSettings& settings)
      : project_(project), settings_(settings) {}

  void add(const IndexPage& page, const Url& origin) {
    const std::size_t place = out_.origins.size();
    out_.origins.push_back(origin.redacted());
    // PEP 792: nothing of a quarantined project may be installed.
    if (page.status == "quarantined") return;
    for (const IndexFile& file : page.files) add(file, place);
  }
  void set_known() { out_.known = true; }

  ProjectFiles finish() {
    std::stable_sort(out_.files.begin(), out_.files.end(),
                     [](const DistributionFile& a, const DistributionFile& b) {
                       if (a.version != b.version) return b.version < a.version;
                       return a.file.name < b.file.name;
                     });
    return std::move(out_);
  }

 private:
  void add(const IndexFile& file, std::size_t place) {
    auto found = DistributionFile::find(file, project_);
    if (!found) {
      ++out_.other_links;
      return;
    }
    if (settings_.exclude_newer && !(file.uploaded && *file.uploaded <= *settings_.exclude_newer)) {
      ++out_.too_new;
      return;
    }
    if (!names_.insert(file.name).second) return;
    found->origin = place;
    out_.files.push_back(std::move(*found));
  }

  std::string_view project_;
  const IndexSettings& settings_;
  std::set<std::string> names_;
  ProjectFiles out_;
};

IndexClient::IndexClient(IndexSettings settings, TransportOptions transport, FileSystem& files)
    : settings_(std::move(settings)),
      transport_(std::move(transport)),
      page_cache_(make_cache(settings_, files, "pages")),
      metadata_cache_(make_cache(settings_, files, "metadata")),
      pages_(transport_, files, page_cache_ ? &*page_cache_ : nullptr),
      background_(settings_.connections) {}

const ProjectFiles& IndexClient::files(std::string_view project) {
  const std::string key(project);
  return projects_.get(key, [&] { return collect(key); });
}

const IndexPage& IndexClient::links(std::size_t place) {
  return links_.get(std::to_string(place),
                    [&] { return pages_.read_links(settings_.find_links[place]); });
}

ProjectFiles IndexClient::collect(const std::string& project) {
  Collector collector(project, settings_);
  std::size_t mine = 0;
  for (std::size_t i = 0; i < settings_.find_links.size(); ++i) {
    IndexPage page = links(i);
    // What a page of links has of others is no matter here.
    std::erase_if(page.files, [&](const IndexFile& file) {
      return !DistributionFile::find(file, project).has_value();
    });
    if (page.files.empty()) continue;
    mine += page.files.size();
    collector.add(page, settings_.find_links[i]);
  }
  if (mine > 0) collector.set_known();
  for (const Url& index : settings_.indexes) {
    const auto page = pages_.find_project(index, project);
    if (!page) continue;
    collector.set_known();
    collector.add(*page, index);
    if (settings_.strategy == IndexStrategy::kFirstIndex) break;
  }
  return collector.finish();
}

const Metadata& IndexClient::metadata(std::string_view project, const DistributionFile& file) {
  return metadata_.get(file.file.url, [&] {
    return in_context(
        [&] { return fmt::format("while reading the metadata of `{}`", file.file.name); },
        [&] { return read_metadata(project, file); });
  });
}

Digest IndexClient::sha256(std::string_view /*project*/, const DistributionFile& file) {
  if (const auto digest = file.file.sha256()) return *digest;
  return in_context(
      [&] { return fmt::format("while hashing `{}`", file.file.name); },
      [&] {
        const RemoteFile remote{request_for(file.file), file.file.size_bytes, std::nullopt};
        const auto whole = fetch_whole(transport_, remote, settings_.scratch_directory);
        return hash_file(*whole);
      });
}

Metadata IndexClient::read_metadata(std::string_view project, const DistributionFile& file) {
  // By the digest of the file, since the same URL may hold other bytes some day.
  const auto digest = file.file.sha256();
  const bool keeps = metadata_cache_ && digest && !file.file.url.starts_with("file:");
  const auto stored = keeps ? metadata_cache_->read(digest->render()) : std::nullopt;
  const std::string text = stored ? stored->body : fetch_metadata_text(std::string(project), file);
  Metadata metadata = Metadata::parse(text, "METADATA");
  check_identity(metadata, project, file);
  if (keeps && !stored) metadata_cache_->write(digest->render(), {.body = text});
  return metadata;
}

std::string IndexClient::fetch_metadata_text(const std::string& project,
                                             const DistributionFile& file) {
  if (auto text = find_published_metadata(file)) return std::move(*text);
  const RemoteFile remote{request_for(file.file), file.file.size_bytes, file.file.sha256()};
  if (!file.wheel) {
    const auto whole = fetch_whole(transport_, remote, settings_.scratch_directory);
    return read_source_metadata(*whole, file.file.name);
  }
  return fetch_wheel_metadata(transport_, remote, project, settings_.scratch_directory);
}

std::optional<std::string> IndexClient::find_published_metadata(const DistributionFile& file) {
  if (!file.file.has_metadata) return std::nullopt;
  IndexRequest request = request_for(file.file);
  // PEP 658: the name of the file, not what follows it.
  request.url.insert(std::min(request.url.find('?'), request.url.size()), ".metadata");
  StringSink sink;
  const HttpResponse response = transport_.get(request, [&]() -> ByteSink& {
    sink = StringSink();
    return sink;
  });
  if (response.status == 404 || response.status == 410) return std::nullopt;
  if (response.status != 200) {
    throw IndexTransport::status_error(request.url, response.status);
  }
  std::string text = sink.take();
  const auto& expected = file.file.metadata_sha256;
  if (expected && Digest::of(text) != *expected) {
    throw Error(
        ErrorKind::kIntegrity,
        fmt::format("digest mismatch for `{}`: expected `{}`, got `{}`", redact_url(request.url),
                    expected->render(), Digest::of(text).render()));
  }
  return text;
}

IndexRequest IndexClient::request_for(const IndexFile& file) const {
  IndexRequest request{.url = file.url, .user = file.user_info};
  if (request.user) return request;
  const Url url = Url::parse(file.url);
  for (const std::vector<Url>* places : {&settings_.indexes, &settings_.find_links}) {
    for (const Url& place : *places) {
      if (place.user_info() && place.same_origin(url)) {
        request.user = place.user_info();
        return request;
      }
    }
  }
  return request;
}

void IndexClient::hint_files(std::span<const std::string_view> projects) {
  for (const std::string_view project : projects) {
    std::string key(project);
    if (projects_.has(key)) continue;
    background_.add([this, key = std::move(key)] { files(key); });
  }
}

void IndexClient::hint_metadata(std::string_view project, const DistributionFile& file) {
  if (metadata_.has(file.file.url)) return;
  background_.add([this, project = std::string(project), &file] { metadata(project, file); });
}

}  // namespace kasane::resolver::pypi
