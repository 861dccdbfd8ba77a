#include "cli/spec_locker.h"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "base/http.h"
#include "cli/netrc_file.h"
#include "cli/registry_setup.h"
#include "resolver/conda/channel_data.h"
#include "resolver/pypi/index_client.h"
#include "resolver/resolve/pip_indexes.h"

namespace kasane::cli {
namespace {

using resolver::EnvironmentSpec;
using resolver::Lock;
using resolver::LockOutcome;

constexpr std::string_view kLockName = "conda-lock.yml";
constexpr std::string_view kDefaultPlatform = "linux-64";

bool is_buildable(std::string_view platform) {
  return platform == "linux-64" || platform == "linux-aarch64";
}

/// Each one once, in order.
std::vector<std::string> platforms_of(const LockTask& task, const EnvironmentSpec& spec) {
  std::vector<std::string> platforms;
  for (const std::string& platform : task.platforms) {
    if (std::find(platforms.begin(), platforms.end(), platform) == platforms.end()) {
      platforms.push_back(platform);
    }
  }
  if (!platforms.empty()) return platforms;
  std::copy_if(spec.platforms.begin(), spec.platforms.end(), std::back_inserter(platforms),
               [](const std::string& platform) { return is_buildable(platform); });
  if (platforms.empty()) platforms.emplace_back(kDefaultPlatform);
  return platforms;
}

Path lock_path_of(const LockTask& task) {
  if (!task.output.empty()) return task.output;
  return Path(task.spec.files.front()).parent_path() / kLockName;
}

/// What would be in the way of writing the lock is told before anything is resolved.
void check_lock_path(const Path& path, FileSystem& files) {
  const Path directory = path.has_parent_path() ? path.parent_path() : Path(".");
  const auto status = files.find_status(directory);
  if (!status || status->type == FileStatus::Type::kFile) {
    throw Error(ErrorKind::kUsage, fmt::format("there is no directory `{}` for the lock `{}`",
                                               directory.native(), path.native()));
  }
  const auto present = files.find_status(path);
  if (present && present->type == FileStatus::Type::kDirectory) {
    throw Error(ErrorKind::kUsage,
                fmt::format("expected a file for the lock, `{}` is a directory", path.native()))
        .hint(fmt::format("write `{}`", (path / kLockName).native()));
  }
}

/// How the lock names a specification: relative to itself.
std::string source_name(const std::string& source, const Path& lock_path) {
  const Path full = std::filesystem::absolute(source).lexically_normal();
  const Path directory = std::filesystem::absolute(lock_path).lexically_normal().parent_path();
  return full.lexically_relative(directory).generic_string();
}

[[noreturn]] void refuse_several(const EnvironmentSpec& spec) {
  std::vector<std::string> names;
  for (const EnvironmentSpec& inner : spec.environments) names.push_back(inner.name.value_or("?"));
  throw Error(ErrorKind::kUsage, fmt::format("`{}` holds several environments: `{}`",
                                             spec.sources.front(), fmt::join(names, "`, `")))
      .hint("put the one to lock into a file of its own");
}

class SpecLocker {
 public:
  SpecLocker(const LockTask& task, Surroundings& surroundings)
      : task_(task),
        surroundings_(surroundings),
        netrc_(surroundings),
        base_(task.base, surroundings) {
    settings_ = task.resolve.channel_settings(surroundings);
  }

  SpecLock run() {
    const EnvironmentSpec spec = read_spec(std::string(
        task_.platforms.empty() ? kDefaultPlatform : std::string_view(task_.platforms.front())));
    out_.path = lock_path_of(task_);
    check_lock_path(out_.path, surroundings_.files());
    read_present_text();
    for (const std::string& source : spec.sources) {
      out_.sources.push_back(source_name(source, out_.path));
    }
    out_.warnings = spec.warnings;
    const std::vector<std::string> platforms = platforms_of(task_, spec);
    for (const std::string& platform : platforms) lock_platform(platform);
    join(platforms);
    return std::move(out_);
  }

 private:
  EnvironmentSpec read_spec(const std::string& platform) const {
    return read_locked_spec(task_, platform, surroundings_);
  }

  /// A file that is no lock may be something else that somebody wants to keep.
  void read_present_text() {
    if (surroundings_.files().find_status(out_.path)) {
      present_ = surroundings_.files().read_text(out_.path);
    }
    if (present_ && !resolver::is_lock(*present_)) {
      throw Error(ErrorKind::kFailed,
                  fmt::format("`{}` is there, and is no lock", out_.path.native()))
          .hint("remove it, or write the lock elsewhere with `--output`");
    }
    if (!present_ && task_.locked) {
      throw Error(ErrorKind::kFailed, fmt::format("there is no lock `{}`", out_.path.native()))
          .hint("lock once without `--locked`");
    }
  }

  Lock read_present(const std::string& platform) const {
    resolver::LockSelection selection;
    selection.platform = platform;
    selection.find_variable = [this](const std::string& name) {
      return surroundings_.find_variable(name);
    };
    return resolver::read_lock(*present_, out_.path.native(), selection);
  }

  std::vector<std::string> present_platforms() const {
    if (!present_) return {};
    return resolver::read_lock_platforms(*present_, out_.path.native());
  }

  void lock_platform(const std::string& platform) {
    if (!is_buildable(platform)) {
      throw Error(ErrorKind::kUsage, fmt::format("unknown platform `{}`", platform))
          .hint("write `linux-64` or `linux-aarch64`");
    }
    std::optional<Lock> present;
    const auto known = present_platforms();
    if (std::find(known.begin(), known.end(), platform) != known.end()) {
      present = read_present(platform);
    }
    resolver::LockOptions options;
    options.platform = platform;
    options.settings = settings_;
    options.system = task_.resolve.system(
        surroundings_, task_.system ? *task_.system : base_.read_system(platform));
    options.priority = task_.resolve.priority();
    options.exclude_newer_ms = task_.resolve.exclude_newer_ms();
    options.locked = task_.locked;
    options.upgrade_all = task_.upgrade_all;
    options.upgrade = task_.upgrade;
    options.prefer_conda = task_.resolve.pip.prefer_conda;
    const EnvironmentSpec spec = read_spec(platform);
    const resolver::pypi::IndexSettings indexes = index_settings(spec);
    std::optional<resolver::pypi::IndexClient> client;
    LockOutcome outcome = resolver::lock_environment(
        spec, present ? &*present : nullptr, options,
        [&](std::span<const resolver::Channel> channels) { return open(channels, platform); },
        [&]() -> resolver::pypi::DistributionSource& {
          return client.emplace(indexes, transport_options(), surroundings_.files());
        });
    resolver::add_index_credentials(indexes, outcome.lock);
    if (!outcome.kept) outcome.lock.sources = out_.sources;
    if (opened_) add_warnings(opened_->warnings());
    opened_.reset();
    add_warnings(outcome.warnings);
    out_.platforms.push_back(std::move(outcome));
  }

  HttpClient& http() {
    if (!http_) http_ = make_curl_client(http_options({}, surroundings_));
    return *http_;
  }

  resolver::pypi::IndexSettings index_settings(const EnvironmentSpec& spec) {
    resolver::pypi::IndexSettings settings =
        resolver::read_index_settings(spec.pip_options, task_.resolve.pip.places(surroundings_));
    if (const auto time = task_.resolve.exclude_newer_ms()) {
      settings.exclude_newer = resolver::pypi::UploadTime(std::chrono::milliseconds(*time));
    }
    settings.cache_directory = surroundings_.cache_directory() / "indexes";
    settings.scratch_directory = surroundings_.temporary_directory();
    return settings;
  }

  resolver::pypi::TransportOptions transport_options() {
    return {.http = http(),
            .find_user = [this](const Url& url) -> std::optional<UserInfo> {
              if (auto user = netrc_.find(url.host())) return user;
              return find_feed_user(url, surroundings_);
            },
            .offline = task_.offline};
  }

  std::vector<resolver::ChannelRecords> open(std::span<const resolver::Channel> channels,
                                             const std::string& platform) {
    resolver::ChannelDataOptions options;
    options.directory = surroundings_.cache_directory() / "channels";
    options.offline = task_.offline;
    options.refresh = task_.resolve.refresh;
    options.find_user = [this](std::string_view host) { return netrc_.find(host); };
    const std::vector<std::string> subdirs = {platform, "noarch"};
    opened_ = resolver::ChannelData::open(channels, subdirs, http(), options);
    std::vector<resolver::ChannelRecords> records;
    for (const resolver::OpenedChannel& channel : opened_->channels()) {
      resolver::ChannelRecords& added = records.emplace_back();
      added.channel = &channel.channel;
      for (const auto& source : channel.subdirs) added.subdirs.push_back(source.get());
    }
    return records;
  }

  void add_warnings(const Warnings& warnings) {
    for (const Warning& warning : warnings) {
      const bool known =
          std::find(out_.warnings.begin(), out_.warnings.end(), warning) != out_.warnings.end();
      if (!known) out_.warnings.push_back(warning);
    }
  }

  /// The whole file: the platforms that were asked for, and those that were there beside them.
  void join(const std::vector<std::string>& platforms) {
    const bool all_kept = std::all_of(out_.platforms.begin(), out_.platforms.end(),
                                      [](const LockOutcome& outcome) { return outcome.kept; });
    if (all_kept && present_) {
      out_.text = *present_;
      return;
    }
    std::vector<Lock> locks;
    for (const LockOutcome& outcome : out_.platforms) locks.push_back(outcome.lock);
    for (const std::string& platform : present_platforms()) {
      if (std::find(platforms.begin(), platforms.end(), platform) == platforms.end()) {
        locks.push_back(read_present(platform));
      }
    }
    out_.text = resolver::write_lock(locks);
    out_.changed = out_.text != present_;
  }

  const LockTask& task_;
  Surroundings& surroundings_;
  resolver::ChannelSettings settings_;
  std::optional<std::string> present_;
  NetrcFile netrc_;
  NamedBase base_;
  std::unique_ptr<HttpClient> http_;
  std::optional<resolver::ChannelData> opened_;
  SpecLock out_;
};

}  // namespace

EnvironmentSpec read_locked_spec(const LockTask& task, const std::string& platform,
                                 Surroundings& surroundings) {
  SpecOptions options = task.spec;
  options.platform = platform;
  EnvironmentSpec spec = options.read(surroundings);
  if (!spec.environments.empty()) refuse_several(spec);
  if (!task.resolve.channels.empty()) {
    spec.channels.clear();
    for (const std::string& channel : task.resolve.channels) spec.channels.push_back({channel, {}});
  }
  task.resolve.pip.apply_to(spec);
  return spec;
}

SpecLock lock_specification(const LockTask& task, Surroundings& surroundings) {
  return SpecLocker(task, surroundings).run();
}

void write_spec_lock(const SpecLock& lock, Surroundings& surroundings) {
  if (lock.changed) surroundings.files().write_atomically(lock.path, lock.text);
}

bool is_lock_file(const std::string& path, Surroundings& surroundings) {
  return resolver::is_lock(surroundings.files().read_text(path));
}

}  // namespace kasane::cli
