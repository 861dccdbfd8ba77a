#include "resolver/resolve/lock_environment.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "base/suggest.h"
#include "resolver/resolve/lock_fit.h"

namespace kasane::resolver {
namespace {

void check_platform(const EnvironmentSpec& spec, const std::string& platform) {
  const auto& platforms = spec.platforms;
  const bool listed = std::find(platforms.begin(), platforms.end(), platform) != platforms.end();
  if (platforms.empty() || listed) return;
  throw Error(ErrorKind::kUsage, fmt::format("the specification is for {}, but `{}` was asked for",
                                             fmt::join(platforms, ", "), platform))
      .hint(fmt::format("write `--platform {}`", platforms.front()));
}

/// What was asked, in a form that does not depend on how it was written.
std::string hash_of(const CondaQuestion& question, const PipRequests& pip,
                    std::span<const Channel> channels) {
  std::vector<std::string> requests;
  for (const CondaRequest& request : question.requests) requests.push_back(request.spec.render());
  std::sort(requests.begin(), requests.end());
  std::string text = fmt::format("kasane lock 1\n{}\n", question.platform);
  for (const Channel& channel : channels) text += fmt::format("channel {}\n", channel.url());
  for (const std::string& request : requests) text += fmt::format("request {}\n", request);
  text += render(pip);
  return Digest::of(text + question.virtual_packages.render()).hex();
}

void check_upgrade(const LockOptions& options, const Lock* present, const CondaQuestion& question,
                   const PipRequests& pip) {
  std::vector<std::string> known;
  for (const CondaRequest& request : question.requests) known.push_back(request.spec.name());
  for (const PipRequest& request : pip.requirements) {
    known.push_back(request.requirement.normalised_name());
  }
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
                 return std::find(moving.begin(), moving.end(), package.name) == moving.end();
               });
  return keep;
}

Lock new_lock(const LockDemands& demands, const std::string& platform, CondaAnswer& answer) {
  Lock lock{.platform = platform,
            .packages = std::move(answer.packages),
            .channels = {},
            .sources = {},
            .content_hash = demands.content_hash,
            .credentials = std::move(answer.credentials),
            .sha256 = Digest::of("")};
  for (const Channel& channel : demands.channels) lock.channels.push_back({channel.name(), {}});
  lock.sha256 = Digest::of(write_lock({&lock, 1}));
  return lock;
}

/// How to fetch packages of channels that were given with credentials.
void add_credentials(std::span<const Channel> channels, Lock& lock) {
  for (const LockedPackage& package : lock.packages) {
    for (const Channel& channel : channels) {
      if (package.manager != Manager::kConda) continue;
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
                             const LockOptions& options, const ChannelOpener& open_channels,
                             const DistributionOpener& open_distributions) {
  check_platform(spec, options.platform);
  JointQuestion question;
  question.pip = read_pip_requests(spec);
  question.pip.rules.prefer_offers = options.prefer_conda;
  CondaQuestion& conda = question.conda;
  conda.platform = options.platform;
  conda.requests = read_conda_requests(spec);
  conda.settings = options.settings;
  conda.virtual_packages = VirtualPackages::of(options.platform, options.system);
  conda.rules = {.priority = options.priority,
                 .exclude_newer_ms = options.exclude_newer_ms,
                 .channels_by_name = {},
                 .names_by_file = {}};
  check_upgrade(options, present, conda, question.pip);
  const std::vector<Channel> channels = read_spec_channels(spec.channels, options.settings);
  const LockDemands demands{conda.requests,   channels,
                            options.settings, conda.virtual_packages,
                            question.pip,     hash_of(conda, question.pip, channels)};

  std::string misfit = fmt::format("there is none for `{}`", options.platform);
  if (present != nullptr) {
    misfit = find_misfit(*present, demands).value_or("");
    const bool moves = options.upgrade_all || !options.upgrade.empty();
    if (misfit.empty() && !moves) {
      LockOutcome kept{.lock = *present, .kept = true};
      add_credentials(channels, kept.lock);
      return kept;
    }
  }
  if (options.locked) refuse_to_move(misfit);

  if (!question.pip.empty() && !open_distributions) {
    throw Error(ErrorKind::kFailed, "there is no index for requirements for pip");
  }
  conda.keep = packages_to_keep(options, present);
  const auto opened = open_channels(with_channels_of(conda.requests, channels, options.settings));
  CondaAnswer answer = question.pip.empty() ? solve_conda(conda, opened)
                                            : solve_joint(question, opened, open_distributions());
  LockOutcome out{.lock = new_lock(demands, options.platform, answer),
                  .misfit = std::move(misfit),
                  .effort = answer.effort,
                  .warnings = std::move(answer.warnings)};
  add_credentials(channels, out.lock);
  const std::vector<LockedPackage> none;
  out.changes = compare_packages(present == nullptr ? none : present->packages, out.lock.packages);
  return out;
}

}  // namespace kasane::resolver
