#pragma once

#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/error.h"
#include "base/http.h"
#include "base/process.h"
#include "builder/fetch/package_fetcher.h"
#include "builder/image/flatten_listing.h"
#include "builder/image/image_builder.h"
#include "builder/inventory/read_inventory.h"
#include "cache/cache.h"
#include "registry/open_image.h"
#include "registry/remote/registries.h"
#include "tests/support/conda_package_builder.h"
#include "tests/support/temporary_directory.h"

namespace kasane::test {

/// No program runs here.
class NoPrograms final : public CommandRunner {
 public:
  std::unique_ptr<ChildProcess> start(const Command&) override {
    ++asked_;
    throw Error(ErrorKind::kFailed, "no programs here");
  }
  int asked() const { return asked_; }

 private:
  int asked_ = 0;
};

/// Packages on disk and what is built of them: real files, a real cache, real layouts.
class BuildWorld {
 public:
  resolver::LockedPackage add(const CondaPackageBuilder& package, std::string name,
                              std::string version = "1") {
    return write(package.file_stem() + ".conda", package.make_conda(), resolver::Manager::kConda,
                 std::move(name), std::move(version), "0");
  }

  resolver::LockedPackage add_wheel(const std::string& file_name, const std::string& bytes,
                                    std::string name, std::string version) {
    return write(file_name, bytes, resolver::Manager::kPip, std::move(name), std::move(version),
                 "");
  }

  static resolver::Lock lock_of(std::vector<resolver::LockedPackage> packages) {
    return {.format = resolver::LockFormat::kCondaLock,
            .platform = "linux-64",
            .packages = std::move(packages),
            .channels = {},
            .sources = {},
            .content_hash = "",
            .credentials = {},
            .sha256 = Digest::of("lock")};
  }

  static builder::BuildRequest request_for(std::vector<resolver::LockedPackage> packages) {
    builder::BuildRequest request{
        .lock = lock_of(std::move(packages)), .base = {}, .plan = {}, .tags = {}};
    request.plan.byte_code = false;
    return request;
  }

  /// Builds with the cache `cache` into the layout `image`.
  builder::BuildReport build(const builder::BuildRequest& request,
                             const std::string& image = "image", const std::string& cache = "cache",
                             unsigned threads = 2) {
    const auto opened = cache::open_cache(files_, directory_ / cache.c_str(), {});
    const auto http = make_curl_client({});
    builder::PackageFetcher fetcher(*http, *opened, {});
    builder::BuildServices services{files_,
                                    *opened,
                                    fetcher,
                                    programs_,
                                    directory_.path(),
                                    threads,
                                    [&](const builder::EnvironmentId&) {
                                      return registry::open_target(files_, reference(image));
                                    }};
    return builder::build_image(request, services);
  }

  /// Builds with the cache `cache` into a registry, with or without what others have left there.
  builder::BuildReport push(const builder::BuildRequest& request,
                            const registry::Registries& registries, const std::string& name,
                            const std::string& cache = "cache", bool shares = true) {
    const auto opened = cache::open_cache(files_, directory_ / cache.c_str(), {});
    const auto http = make_curl_client({});
    builder::PackageFetcher fetcher(*http, *opened, {});
    builder::BuildServices services{
        files_,
        *opened,
        fetcher,
        programs_,
        directory_.path(),
        2,
        [&](const builder::EnvironmentId&) {
          return registry::open_target(files_, registry::ImageReference::parse(name), &registries);
        }};
    if (shares) {
      services.open_shared = [&](const registry::RegistryReference& target) {
        return std::make_unique<builder::SharedCache>(registries, target.host(), "linux-64",
                                                      request.plan.prefix);
      };
    }
    services.count_requests = [&] { return registries.requests(); };
    return builder::build_image(request, services);
  }

  std::unique_ptr<registry::ImageSource> open(const std::string& image = "image") {
    return registry::open_source(files_, reference(image));
  }
  std::vector<builder::ListingEntry> listing(const std::string& image = "image") {
    return builder::flatten_listing(*open(image));
  }
  /// The entry at `path`, which must be there.
  builder::ListingEntry entry(const std::string& path, const std::string& image = "image") {
    for (const builder::ListingEntry& entry : listing(image)) {
      if (entry.path == path) return entry;
    }
    throw std::out_of_range("no `" + path + "` in the image");
  }
  void trim_cache(const std::string& cache = "cache") {
    cache::open_cache(files_, directory_ / cache.c_str(), {})->trim(0);
  }
  registry::ImageReference reference(const std::string& image) const {
    return registry::ImageReference::oci_layout(directory_ / image.c_str(), "t");
  }
  PosixFileSystem& files() { return files_; }
  const NoPrograms& programs() const { return programs_; }

 private:
  resolver::LockedPackage write(const std::string& file_name, const std::string& bytes,
                                resolver::Manager manager, std::string name, std::string version,
                                std::string build) {
    const std::filesystem::path place = directory_ / file_name.c_str();
    std::ofstream(place, std::ios::binary) << bytes;
    resolver::LockedPackage package;
    package.manager = manager;
    package.name = std::move(name);
    package.version = std::move(version);
    package.build = std::move(build);
    package.url = place.native();
    package.sha256 = Digest::of(bytes);
    return package;
  }

  testing::TemporaryDirectory directory_;
  PosixFileSystem files_;
  NoPrograms programs_;
};

}  // namespace kasane::test
