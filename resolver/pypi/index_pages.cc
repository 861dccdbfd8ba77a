#include "resolver/pypi/index_pages.h"

#include <fmt/format.h>

#include "base/archive/entry_path.h"
#include "base/bounded_sink.h"
#include "base/codec.h"
#include "base/error.h"
#include "base/text.h"

namespace kasane::resolver::pypi {
namespace {

constexpr std::size_t kPageLimit = std::size_t{256} << 20;
/// PEP 691, "Version + Format Selection".
constexpr std::string_view kAccepted =
    "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, "
    "text/html;q=0.01";

std::string content_type_of(const HttpResponse& response) {
  std::string out(response.headers.find("Content-Type").value_or(""));
  out = out.substr(0, out.find(';'));
  while (out.ends_with(' ')) out.pop_back();
  return lower(out);
}

std::string decode_body(const HttpResponse& response, std::string body) {
  const std::string_view encoding = response.headers.find("Content-Encoding").value_or("");
  if (encoding.empty() || encoding == "identity") return body;
  if (encoding != "gzip" && encoding != "x-gzip") {
    throw Error(ErrorKind::kNetwork, fmt::format("the page is encoded as `{}`, expected `gzip`",
                                                 printable_name(encoding)));
  }
  StringSource source(body);
  return read_all(*decompress(Codec::kGzip, source), kPageLimit, "the page of an index");
}

std::string cache_key(const Url& url) {
  const std::string user =
      url.user_info() ? fmt::format("{}:{}", url.user_info()->user, url.user_info()->password) : "";
  return fmt::format("{}\n{}", url.render(), user.empty() ? "" : Digest::of(user).hex());
}

IndexFile file_at(const Path& path) {
  IndexFile file;
  file.name = path.filename().native();
  file.url = Url::of_file(path).render();
  return file;
}

/// The content type of what an index does not have, in the cache.
constexpr std::string_view kAbsent = "absent";

}  // namespace

std::optional<IndexPage> IndexPages::find_project(const Url& index,
                                                  std::string_view project) const {
  if (index.scheme() == "file") {
    const Path directory = index.local_path();
    const auto status = files_.find_status(directory);
    if (!status || status->type != FileStatus::Type::kDirectory) {
      throw Error(ErrorKind::kFailed,
                  fmt::format("the index `{}` is no directory", directory.native()))
          .hint(
              "an index is a directory with one for each project; a directory of wheels goes "
              "with `--find-links`");
    }
    return read_directory(directory / std::string(project));
  }
  std::string base = index.render();
  if (!base.ends_with('/')) base += '/';
  Url page = Url::parse(base).resolve(std::string(project) + "/");
  if (index.user_info()) page = page.with_user(*index.user_info());
  return in_context([&] { return fmt::format("while reading `{}`", page.redacted()); },
                    [&] { return fetch(page); });
}

IndexPage IndexPages::read_links(const Url& place) const {
  return in_context(
      [&] { return fmt::format("while reading the links of `{}`", place.redacted()); },
      [&]() -> IndexPage {
        if (place.scheme() != "file") {
          auto page = fetch(place);
          if (!page) throw IndexTransport::status_error(place.render(), 404);
          return std::move(*page);
        }
        const Path path = place.local_path();
        const auto status = files_.find_status(path);
        if (!status) {
          throw Error(ErrorKind::kFailed,
                      fmt::format("no such file or directory: `{}`", path.native()));
        }
        if (status->type == FileStatus::Type::kDirectory) return *read_directory(path);
        const std::string ending = path.extension().native();
        if (ending == ".html" || ending == ".htm") {
          return parse_html_page(files_.read_text(path, kPageLimit), place);
        }
        return {{file_at(path)}, ""};
      });
}

std::optional<IndexPage> IndexPages::read_directory(const Path& directory) const {
  const auto status = files_.find_status(directory);
  if (!status || status->type != FileStatus::Type::kDirectory) return std::nullopt;
  const Path page = directory / "index.html";
  if (files_.find_status(page)) {
    return parse_html_page(files_.read_text(page, kPageLimit), Url::of_file(page));
  }
  IndexPage out;
  for (const std::string& name : files_.list(directory))
    out.files.push_back(file_at(directory / name));
  return out;
}

std::optional<IndexPage> IndexPages::fetch(const Url& url) const {
  const std::string key = cache_key(url);
  const auto stored = cache_ == nullptr ? std::nullopt : cache_->read(key);
  if (stored && transport_.is_offline()) {
    if (stored->content_type == kAbsent) return std::nullopt;
    return parse(*stored);
  }
  IndexRequest request{.url = url.render(), .user = url.user_info()};
  request.headers.add("Accept", std::string(kAccepted));
  request.headers.add("Accept-Encoding", "gzip");
  if (stored && !stored->etag.empty()) request.headers.add("If-None-Match", stored->etag);
  if (stored && !stored->last_modified.empty()) {
    request.headers.add("If-Modified-Since", stored->last_modified);
  }
  BoundedSink sink(kPageLimit, "the page of an index");
  const HttpResponse response = transport_.get(request, [&]() -> ByteSink& {
    sink.restart();
    return sink;
  });
  if (response.status == 304 && stored) return parse(*stored);
  if (response.status == 404 || response.status == 410) {
    // So that it is known offline too.
    if (cache_ != nullptr) {
      StoredPage absent;
      absent.content_type = kAbsent;
      cache_->write(key, absent);
    }
    return std::nullopt;
  }
  if (response.status != 200) throw IndexTransport::status_error(url.render(), response.status);
  StoredPage page{.etag = std::string(response.headers.find("ETag").value_or("")),
                  .last_modified = std::string(response.headers.find("Last-Modified").value_or("")),
                  .content_type = content_type_of(response),
                  .final_url = response.final_url,
                  .body = decode_body(response, sink.take())};
  IndexPage parsed = parse(page);
  const bool is_worth_keeping = !page.etag.empty() || !page.last_modified.empty();
  if (cache_ != nullptr && is_worth_keeping) cache_->write(key, page);
  return parsed;
}

IndexPage IndexPages::parse(const StoredPage& page) const {
  const Url url = Url::parse(page.final_url);
  const std::string& type = page.content_type;
  if (type == "application/vnd.pypi.simple.v1+json" || type == "application/json" ||
      type == "application/vnd.pypi.simple.latest+json") {
    return parse_json_page(page.body, url);
  }
  if (type.empty() || type == "text/html" || type == "application/xhtml+xml" ||
      type == "application/vnd.pypi.simple.v1+html" ||
      type == "application/vnd.pypi.simple.latest+html") {
    return parse_html_page(page.body, url);
  }
  throw Error(ErrorKind::kNetwork,
              fmt::format("expected JSON or HTML from the index, got `{}`", printable_name(type)));
}

}  // namespace kasane::resolver::pypi
