#include "builder/fetch/package_fetcher.h"

#include <atomic>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "base/parallel.h"
#include "base/url.h"
#include "builder/fetch/download.h"

namespace kasane::builder {
namespace {

using resolver::LockedPackage;

/// Under it the cache remembers which sha256 a file with this md5 has.
cache::Key md5_key(const Md5Digest& md5) { return cache::Key::of("md5", md5.hex()); }

/// The same for all who want these bytes, wherever they get them from.
std::string download_name(const LockedPackage& package) {
  return package.sha256 ? package.sha256->render() : "md5:" + package.md5->hex();
}

bool is_path(const LockedPackage& package) { return package.url.find("://") == std::string::npos; }

/// Where to ask for a package, with all that the lock held for it.
Url url_in_lock(const LockedPackage& package, const FetchOptions& options) {
  const auto mirror = options.find_mirror ? options.find_mirror(package.url) : std::nullopt;
  if (mirror) return Url::parse(*mirror);
  const auto* credentials =
      options.find_credentials ? options.find_credentials(package.url) : nullptr;
  if (credentials == nullptr) return Url::parse(package.url);
  std::string text = resolver::url_with_token(package.url, *credentials).reveal();
  if (credentials->user_info) {
    text.insert(text.find("://") + 3, credentials->user_info->reveal() + "@");
  }
  return Url::parse(text);
}

Url url_of(const LockedPackage& package, const FetchOptions& options) {
  if (is_path(package)) return Url::of_file(std::filesystem::absolute(package.url));
  Url url = url_in_lock(package, options);
  if (url.user_info() || url.scheme() == "file" || !options.find_user) return url;
  auto user = options.find_user(url.host());
  return user ? url.with_user(*std::move(user)) : url;
}

}  // namespace

/// One call of fetch().
class PackageFetcher::Round {
 public:
  Round(PackageFetcher& fetcher, std::span<const LockedPackage> packages,
        const std::function<void(const FetchProgress&)>& progress)
      : fetcher_(fetcher), packages_(packages), progress_(progress), failed_(packages.size()) {}

  std::vector<FetchedPackage> run();

 private:
  std::optional<FetchedPackage> find(const LockedPackage& package);
  FetchedPackage fetch(std::size_t i);
  FetchedPackage download(std::size_t i, cache::PartialBlob& partial);
  void tell(const FetchProgress& progress);
  void note_failure(std::size_t i);

  PackageFetcher& fetcher_;
  const std::span<const LockedPackage> packages_;
  const std::function<void(const FetchProgress&)>& progress_;
  std::mutex mutex_;
  /// The first package, in their order, that is known to have failed.
  std::atomic<std::size_t> failed_;
};

std::optional<FetchedPackage> PackageFetcher::Round::find(const LockedPackage& package) {
  std::optional<Digest> digest = package.sha256;
  if (!digest) {
    const auto known = fetcher_.cache_.find(md5_key(*package.md5));
    if (!known || known->blobs.size() != 1) return std::nullopt;
    digest = known->blobs.front();
  }
  const auto blob = fetcher_.cache_.find_blob(*digest);
  if (blob == nullptr) return std::nullopt;
  return FetchedPackage{*digest, blob->size(), true};
}

FetchedPackage PackageFetcher::Round::download(std::size_t i, cache::PartialBlob& partial) {
  const LockedPackage& package = packages_[i];
  std::uint64_t received = 0;
  const std::function<void(std::size_t)> count = [&](std::size_t bytes) {
    // The error of an earlier package wins, whatever becomes of this one.
    if (failed_ < i) throw Error(ErrorKind::kFailed, "given up after an earlier package's error");
    received += bytes;
    if (bytes > 0) tell({.index = i, .received_bytes = received});
  };
  const Url url = url_of(package, fetcher_.options_);
  Download download(fetcher_.http_, fetcher_.options_, url, partial, count);
  const cache::BlobSize blob = download.run({package.sha256, package.md5});
  if (!package.sha256) {
    fetcher_.cache_.remember(md5_key(*package.md5), {blob.digest.render(), {blob.digest}});
  }
  tell({.index = i, .received_bytes = received, .done = true});
  return {blob.digest, blob.size_bytes, false};
}

FetchedPackage PackageFetcher::Round::fetch(std::size_t i) {
  const LockedPackage& package = packages_[i];
  const auto context = [&] {
    return fmt::format("while fetching `{}` {} from `{}`", package.name, package.version,
                       is_path(package) ? package.url : redact_url(package.url));
  };
  try {
    return in_context(context, [&] {
      if (fetcher_.options_.offline) {
        throw Error(
            ErrorKind::kNetwork,
            fmt::format("`{}` is not in the cache, and fetching is off", package.file_name()))
            .hint("run once without `--offline`");
      }
      const auto partial = fetcher_.cache_.resume_blob(download_name(package));
      // Whoever had it until now may have finished it.
      if (auto found = find(package)) {
        tell({.index = i, .done = true, .from_cache = true});
        return *found;
      }
      return download(i, *partial);
    });
  } catch (Error& error) {
    note_failure(i);
    if (error.kind() != ErrorKind::kIntegrity || !error.hint_text().empty()) throw;
    throw std::move(error).hint("the lock and the channel disagree about this file: lock again");
  }
}

void PackageFetcher::Round::note_failure(std::size_t i) {
  std::size_t first = failed_;
  while (i < first && !failed_.compare_exchange_weak(first, i)) {
  }
}

void PackageFetcher::Round::tell(const FetchProgress& progress) {
  if (!progress_) return;
  const std::lock_guard guard(mutex_);
  progress_(progress);
}

std::vector<FetchedPackage> PackageFetcher::Round::run() {
  std::vector<std::optional<FetchedPackage>> found(packages_.size());
  std::vector<std::size_t> missing;
  for (std::size_t i = 0; i < packages_.size(); ++i) {
    found[i] = find(packages_[i]);
    if (found[i]) {
      tell({.index = i, .done = true, .from_cache = true});
    } else {
      missing.push_back(i);
    }
  }
  parallel_for(missing.size(), fetcher_.options_.parallel,
               [&](std::size_t m) { found[missing[m]] = fetch(missing[m]); });
  std::vector<FetchedPackage> fetched;
  fetched.reserve(found.size());
  for (const auto& package : found) fetched.push_back(*package);
  return fetched;
}

PackageFetcher::PackageFetcher(HttpClient& http, cache::Cache& cache, FetchOptions options)
    : http_(http), cache_(cache), options_(std::move(options)) {}

std::vector<FetchedPackage> PackageFetcher::fetch(
    std::span<const LockedPackage> packages,
    const std::function<void(const FetchProgress&)>& progress) {
  return Round(*this, packages, progress).run();
}

}  // namespace kasane::builder
