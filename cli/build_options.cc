#include "cli/build_options.h"

#include <array>
#include <charconv>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/error.h"
#include "base/parallel.h"
#include "cli/base_image.h"
#include "registry/open_image.h"
#include "resolver/conda/mirror.h"

namespace kasane::cli {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t bytes;
};

constexpr std::array<Unit, 10> kUnits = {{{"KiB", 1ULL << 10},
                                          {"MiB", 1ULL << 20},
                                          {"GiB", 1ULL << 30},
                                          {"TiB", 1ULL << 40},
                                          {"KB", 1000},
                                          {"MB", 1000000},
                                          {"GB", 1000000000},
                                          {"TB", 1000000000000},
                                          {"B", 1},
                                          {"", 1}}};

/// The time of all entries: `SOURCE_DATE_EPOCH`, or 0.
std::int64_t entry_time(const Surroundings& surroundings) {
  const auto text = surroundings.find_variable("SOURCE_DATE_EPOCH");
  if (!text) return 0;
  std::int64_t time = 0;
  const auto end = std::from_chars(text->data(), text->data() + text->size(), time);
  if (end.ec != std::errc() || end.ptr != text->data() + text->size() || time < 0) {
    throw Error(ErrorKind::kUsage,
                fmt::format("expected seconds since 1970 in `SOURCE_DATE_EPOCH`, got `{}`", *text));
  }
  return time;
}

std::string checked_prefix(std::string prefix) {
  while (prefix.size() > 1 && prefix.back() == '/') prefix.pop_back();
  const Path path(prefix);
  if (prefix.size() < 2 || !path.is_absolute() || path.lexically_normal() != path ||
      prefix.find_first_of(" \n\r\t") != std::string::npos) {
    throw Error(ErrorKind::kUsage,
                fmt::format("expected an absolute path without spaces as prefix, got `{}`", prefix))
        .hint("write for example `--prefix /opt/env`");
  }
  return prefix;
}

/// What the base is called on any machine: its name in a registry.
std::string public_name(const registry::ImageSource* base) {
  const auto place = base != nullptr ? base->place() : std::nullopt;
  return place ? place->render() : "";
}

bool names_registry_alone(const std::string& push) { return push.find('/') == std::string::npos; }

/// Where the image goes: into a registry under the name that Azure ML gives its environments, or
/// under the given one; into a layout, which without a tag takes the environment's name as its tag.
registry::ImageReference target_reference(const BuildOptions& options,
                                          const Surroundings& surroundings,
                                          const builder::EnvironmentId& id) {
  using registry::ImageReference;
  if (!options.push.empty()) {
    const std::string name = names_registry_alone(options.push)
                                 ? fmt::format("{}/azureml/{}:latest", options.push, id.name())
                                 : options.push;
    auto reference = ImageReference::parse(name);
    if (reference.find<registry::RegistryReference>() != nullptr) return reference;
    throw Error(
        ErrorKind::kUsage,
        fmt::format("expected a registry or a name in one after `--push`, got `{}`", options.push))
        .hint("write `--to` for images on disk");
  }
  const std::string text =
      options.to.empty() ? "oci:" + (surroundings.home() / "images").native() : options.to;
  auto reference = ImageReference::parse(text);
  if (reference.find<registry::RegistryReference>() != nullptr) {
    throw Error(ErrorKind::kUsage,
                fmt::format("expected an image on disk after `--to`, got `{}`", options.to))
        .hint("write `--push` for registries, or `oci:DIR`");
  }
  const auto* layout = reference.find<registry::OciLayoutReference>();
  if (layout == nullptr || layout->tag) return reference;
  return ImageReference::oci_layout(layout->directory, id.name());
}

/// Azure ML itself tags an environment's image `latest` and with its version, which is 1.
std::vector<std::string> all_tags(const BuildOptions& options) {
  std::vector<std::string> out = options.tags;
  if (!options.push.empty() && names_registry_alone(options.push)) out.insert(out.begin(), "1");
  return out;
}

}  // namespace

void BuildOptions::add_to(CLI::App& command) {
  command
      .add_option(
          "FILE", file,
          "A specification, locked first unless its lock fits; or a lock: conda-lock.yml or an "
          "@EXPLICIT list")
      ->required();
  command
      .add_option("--base", base,
                  "What to build on: HOST/NAME[:TAG|@DIGEST], oci:DIR[:TAG], oci-archive:FILE, "
                  "docker-archive:FILE, scratch")
      ->required();
  command.add_option("--to", to,
                     "Where to write: oci:DIR[:TAG], oci-archive:FILE, docker-archive:FILE "
                     "(default: oci:$KASANE_HOME/images)");
  command
      .add_option("--push", push,
                  "Push to REGISTRY, as azureml/azureml_<id>:latest and :1, or to "
                  "REGISTRY/NAME[:TAG]")
      ->excludes("--to");
  command.add_flag("--no-remote-cache", no_remote_cache, "Leave the registry's kasane/cache alone");
  command.add_option("--tag", tags, "A further tag; may be given several times");
  command.add_option("--platform", platform, "linux-64 or linux-aarch64")->capture_default_str();
  command.add_option("--category", categories, "Categories of the lock to take")
      ->capture_default_str();
  command.add_option("--prefix", prefix, "Where the environment lies in the image")
      ->capture_default_str();
  command.add_option("--compression", compression, "gzip[:1-12] or zstd[:1-19]")
      ->capture_default_str();
  command.add_option("--max-layers", max_layers, "How many layers may be added to the base")
      ->check(CLI::Range(2, 120))
      ->capture_default_str();
  command.add_option("--max-layer-size", largest_layer, "Packages above this are cut into parts")
      ->capture_default_str();
  command.add_option("-j,--threads", threads, "Threads for compressing (default: all processors)");
  command.add_option("--cache-size", cache_size, "Bound of the local cache")->capture_default_str();
  command.add_flag("--no-compile", no_compile, "Leave Python sources without byte-code");
  command.add_flag("--strict", strict, "Refuse packages whose scripts would have to be run");
  resolve.add_to(command);
  command.add_flag("--locked", locked, "Fail where the specification's lock does not fit");
  command.add_flag("--offline", offline, "Take packages and channels from the cache alone");
  command.add_flag("--json", json, "Print the result as JSON");
  registries.add_to(command);
}

BuildSetup::BuildSetup(const BuildOptions& options, Surroundings& surroundings) {
  builder::PlanOptions plan;
  plan.prefix = checked_prefix(options.prefix);
  plan.compression = CompressionMethod::parse(options.compression);
  plan.layering.part_bytes = parse_size(options.largest_layer, "--max-layer-size");
  plan.byte_code = !options.no_compile;
  plan.time = entry_time(surroundings);
  parse_platform(options.platform);
  // What is wrong with it is to be told before anything is done.
  target_reference(options, surroundings, builder::EnvironmentId::of(Digest::of("")));
  const std::uint64_t cache_bytes = parse_size(options.cache_size, "--cache-size");

  const BuildLockTask locking{.file = options.file,
                              .platform = options.platform,
                              .categories = options.categories,
                              .prefix = plan.prefix,
                              .resolve = options.resolve,
                              .offline = options.offline,
                              .locked = options.locked,
                              .writes = options.writes_lock};
  lock_ = find_build_lock(locking, surroundings);
  cache_ = open_local_cache(surroundings, cache_bytes);
  registries_ = std::make_unique<RegistrySetup>(options.registries, surroundings);
  registries_->keep_documents_in(*cache_);
  base_ = open_base(options.base, options.platform, *registries_);
  if (!lock_) lock_ = lock_for_build(locking, base_.get(), *cache_, surroundings);
  // Packages come from elsewhere: what registries are shown is not for them.
  http_ = make_curl_client(http_options({}, surroundings));
  builder::FetchOptions fetch;
  fetch.parallel = options.registries.parallel;
  fetch.offline = options.offline;
  fetch.find_credentials = [this](std::string_view url) {
    return request_->lock.find_credentials(url);
  };
  fetch.find_mirror = [settings = options.resolve.channel_settings(surroundings)](
                          std::string_view url) { return resolver::find_mirror(url, settings); };
  netrc_ = std::make_unique<NetrcFile>(surroundings);
  fetch.find_user = [this](std::string_view host) { return netrc_->find(host); };
  fetcher_ = std::make_unique<builder::PackageFetcher>(*http_, *cache_, fetch);
  runner_ = make_posix_command_runner();

  request_ = std::make_unique<builder::BuildRequest>(
      builder::BuildRequest{lock_->lock,
                            {base_.get(), public_name(base_.get())},
                            std::move(plan),
                            options.max_layers,
                            all_tags(options),
                            options.strict});
  services_ = std::make_unique<builder::BuildServices>(builder::BuildServices{
      surroundings.files(), *cache_, *fetcher_, *runner_, surroundings.temporary_directory(),
      options.threads != 0 ? options.threads : available_processors(),
      [this, options, &surroundings](const builder::EnvironmentId& id) {
        return registries_->open_target(target_reference(options, surroundings, id));
      }});
  services_->count_requests = [this] { return registries_->registries().requests(); };
  if (!options.no_remote_cache) {
    services_->open_shared = [this, platform = options.platform, prefix = request_->plan.prefix](
                                 const registry::RegistryReference& target) {
      return std::make_unique<builder::SharedCache>(registries_->registries(), target.host(),
                                                    platform, prefix);
    };
  }
  if (surroundings.error_is_terminal()) {
    services_->on_stage = [&surroundings](std::string_view stage) { surroundings.note(stage); };
  }
}

std::uint64_t parse_size(std::string_view text, std::string_view option) {
  double number = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), number);
  if (end.ec == std::errc() && number >= 0) {
    const std::string_view unit(end.ptr, text.data() + text.size() - end.ptr);
    for (const Unit& known : kUnits) {
      if (unit == known.name && number * static_cast<double>(known.bytes) < 9e18) {
        return static_cast<std::uint64_t>(number * static_cast<double>(known.bytes));
      }
    }
  }
  throw Error(ErrorKind::kUsage, fmt::format("expected a size after `{}`, got `{}`", option, text))
      .hint("write for example `20GiB` or `500MB`");
}

std::string render_size(std::uint64_t bytes) {
  if (bytes < 1000) return fmt::format("{} B", bytes);
  const auto value = static_cast<double>(bytes);
  if (bytes < 1000000) return fmt::format("{:.1f} kB", value / 1e3);
  if (bytes < 1000000000) return fmt::format("{:.1f} MB", value / 1e6);
  return fmt::format("{:.2f} GB", value / 1e9);
}

std::unique_ptr<cache::Cache> open_local_cache(Surroundings& surroundings,
                                               std::uint64_t size_limit_bytes) {
  return cache::open_cache(surroundings.files(), surroundings.cache_directory(),
                           {size_limit_bytes, std::nullopt});
}

}  // namespace kasane::cli
