#include "resolver/resolve/lock_environment.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "base/suggest.h"
#include "resolver/resolve/lock_fit.h"

namespace kasane::resolver {
namespace {

/// Requirements for pip are not resolved here.
void refuse_pip_requirements(const EnvironmentSpec& spec) {
  if (spec.pip.empty()) return;
  const PipRequirement& first = spec.pip.front();
  throw Error(ErrorKind::kFailed,
              fmt::format("requirements for pip cannot be locked yet: `{}`", first.text))
      .at(first.place)
      .hint(
          "take packages from conda channels, or give `kasane build` a lock that conda-lock made");
}

void check_platform(const EnvironmentSpec& spec, const std::string& platform) {
  const auto& platforms = spec.platforms;
  const bool listed = std::find(platforms.begin(), platforms.end(), platform) != platforms.end();
  if (platforms.empty() || listed) return;
  throw Error(ErrorKind::kUsage, fmt::format("the specification is for {}, but `{}` was asked for",
                                             fmt::join(platforms, ", "), platform))
      .hint(fmt::format("write `--platform {}`", platforms.front()));
}

/// What was asked, in a form that does not depend on how it was written.
std::string hash_of(const CondaQuestion& question, std::span<const Channel> channels) {
  std::vector<std::string> requests;
  for (const CondaRequest& request : question.requests) requests.push_back(request.spec.render());
  std::sort(requests.begin(), requests.end());
  std::string text = fmt::format("kasane lock 1\n{}\n", question.platform);
  for (const Channel& channel : channels) text += fmt::format("channel {}\n", channel.url());
  for (const std::string& request : requests) text += fmt::format("request {}\n", request);
  return Digest::of(text + question.virtual_packages.render()).hex();
}

void check_upgrade(const LockOptions& options, const Lock* present,
                   std::span<const CondaRequest> requests) {
  std::vector<std::string> known;
  for (const CondaRequest& request : requests) known.push_back(request.spec.name());
  if (present != nullptr) {
    for (const LockedPackage& package : present->packages) known.push_back(package.name);
  }
  for (const std::string& name : options.upgrade) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    const auto near = find_suggestion(name, known);
    throw Error(ErrorKind::kUsage, fmt::format("there is no `{}` to upgrade", name))
        .hint(near ? fmt::format("did you mean `{}`?", *near)
                   : "name packages of the specification or of its lock");
  }
}

std::vector<LockedPackage> packages_to_keep(const LockOptions& options, const Lock* present) {
  std::vector<LockedPackage> keep;
  if (present == nullptr || options.upgrade_all) return keep;
  const auto& moving = options.upgrade;
  std::copy_if(present->packages.begin(), present->packages.end(), std::back_inserter(keep),
               [&](const LockedPackage& package) {
                 return package.manager == Manager::kConda &&
                        std::find(moving.begin(), moving.end(), package.name) == moving.end();
               });
  return keep;
}

Lock new_lock(const CondaQuestion& question, std::span<const Channel> channels,
              std::vector<LockedPackage> packages) {
  Lock lock{.platform = question.platform,
            .packages = std::move(packages),
            .channels = {},
            .sources = {},
            .content_hash = hash_of(question, channels),
            .credentials = {},
            .sha256 = Digest::of("")};
  for (const Channel& channel : channels) lock.channels.push_back({channel.name(), {}});
  lock.sha256 = Digest::of(write_lock({&lock, 1}));
  return lock;
}

/// How to fetch packages of channels that were given with credentials.
void add_credentials(std::span<const Channel> channels, Lock& lock) {
  for (const LockedPackage& package : lock.packages) {
    for (const Channel& channel : channels) {
      if (!channel.credentials() || !package.url.starts_with(channel.url() + "/")) continue;
      const std::string directory = package.url.substr(0, package.url.rfind('/') + 1);
      lock.credentials.emplace(directory, *channel.credentials());
    }
  }
}

[[noreturn]] void refuse_to_move(const std::string& misfit) {
  throw Error(ErrorKind::kFailed, "the lock does not fit the specification: " + misfit)
      .hint("lock again without `--locked`");
}

}  // namespace

LockOutcome lock_environment(const EnvironmentSpec& spec, const Lock* present,
                             const LockOptions& options, const ChannelOpener& open_channels) {
  check_platform(spec, options.platform);
  refuse_pip_requirements(spec);
  CondaQuestion question;
  question.platform = options.platform;
  question.requests = read_conda_requests(spec);
  question.settings = options.settings;
  question.virtual_packages = VirtualPackages::of(options.platform, options.system);
  question.rules = {.priority = options.priority,
                    .exclude_newer_ms = options.exclude_newer_ms,
                    .channels_by_name = {},
                    .names_by_file = {}};
  check_upgrade(options, present, question.requests);
  const std::vector<Channel> channels = read_spec_channels(spec.channels, options.settings);

  std::string misfit = fmt::format("there is none for `{}`", options.platform);
  if (present != nullptr) {
    misfit = find_misfit(*present,
                         {question.requests, channels, options.settings, question.virtual_packages})
                 .value_or("");
    const bool moves = options.upgrade_all || !options.upgrade.empty();
    if (misfit.empty() && !moves) {
      LockOutcome kept{.lock = *present, .kept = true};
      add_credentials(channels, kept.lock);
      return kept;
    }
  }
  if (options.locked) refuse_to_move(misfit);

  question.keep = packages_to_keep(options, present);
  const auto opened =
      open_channels(with_channels_of(question.requests, channels, options.settings));
  CondaAnswer answer = solve_conda(question, opened);
  LockOutcome out{.lock = new_lock(question, channels, std::move(answer.packages)),
                  .misfit = std::move(misfit),
                  .effort = answer.effort,
                  .warnings = std::move(answer.warnings)};
  add_credentials(channels, out.lock);
  const std::vector<LockedPackage> none;
  out.changes = compare_packages(present == nullptr ? none : present->packages, out.lock.packages);
  return out;
}

}  // namespace kasane::resolver
