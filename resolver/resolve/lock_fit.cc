#include "resolver/resolve/lock_fit.h"

#include <algorithm>
#include <charconv>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "resolver/resolve/lock_view.h"
#include "resolver/resolve/pip_fit.h"

namespace kasane::resolver {
namespace {

std::string quoted_names(std::span<const std::string> names) {
  std::vector<std::string> quoted;
  for (const std::string& name : names) quoted.push_back("`" + name + "`");
  return quoted.empty() ? "none" : fmt::format("{}", fmt::join(quoted, ", "));
}

/// conda's build strings end in the build number.
std::uint64_t build_number_of(std::string_view build) {
  const std::string_view digits = build.substr(build.rfind('_') + 1);
  std::uint64_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

class Fit {
 public:
  Fit(const Lock& lock, const LockDemands& demands) : lock_(lock), demands_(demands), view_(lock) {}

  std::optional<std::string> find_misfit() {
    if (lock_.format == LockFormat::kExplicit) {
      return "it is a list of files, which does not tell what needs what";
    }
    if (auto misfit = compare_channels()) return misfit;
    for (const CondaRequest& request : demands_.requests) {
      if (auto misfit = compare(request)) return misfit;
    }
    PipFit pip(lock_, view_, demands_);
    if (auto misfit = pip.find_misfit()) return misfit;
    open_.insert(open_.end(), pip.found().begin(), pip.found().end());
    return reach_all();
  }

 private:
  std::optional<std::string> compare_channels() const {
    std::vector<std::string> texts, wanted, found;
    for (const LockChannel& channel : lock_.channels) texts.push_back(channel.url);
    std::vector<std::string> urls, wanted_urls;
    for (const Channel& channel : read_channels(texts, demands_.settings)) {
      found.push_back(channel.name());
      urls.push_back(channel.url());
    }
    for (const Channel& channel : demands_.channels) {
      wanted.push_back(channel.name());
      wanted_urls.push_back(channel.url());
    }
    if (urls == wanted_urls) return std::nullopt;
    return fmt::format("it was made from the channels {}, but {} are asked for",
                       quoted_names(found), quoted_names(wanted));
  }

  std::optional<std::string> compare(const CondaRequest& request) {
    const std::string& place_file = request.written.place.file;
    const std::string place = request.written.place.line > 0
                                  ? fmt::format(" ({}:{})", place_file, request.written.place.line)
                                  : "";
    if (is_virtual_name(request.spec.name())) {
      if (demands_.virtual_packages.satisfy(request.spec)) return std::nullopt;
      return fmt::format("the system does not have `{}`{}", request.written.text, place);
    }
    const LockedPackage* found = view_.find_conda(request.spec.name());
    if (found == nullptr) {
      return fmt::format("`{}`{} is not in it", request.written.text, place);
    }
    open_.push_back(found);
    if (satisfies(*found, request.spec)) return std::nullopt;
    return fmt::format("`{}`{} is asked for, but it has `{}`", request.written.text, place,
                       label(*found));
  }

  bool satisfies(const LockedPackage& package, const MatchSpec& spec) const {
    const LockedFields fields(package);
    if (!spec.matches(fields.fields())) return false;
    if (!spec.channel()) return true;
    const auto channels = with_channels_of(
        demands_.requests, std::vector<Channel>(demands_.channels.begin(), demands_.channels.end()),
        demands_.settings);
    return std::any_of(channels.begin(), channels.end(), [&](const Channel& channel) {
      return package.url.starts_with(channel.url() + "/") &&
             channel_matches(*spec.channel(), channel, demands_.settings);
    });
  }

  std::optional<std::string> reach_all() {
    std::set<const LockedPackage*> reached;
    while (!open_.empty()) {
      const LockedPackage& package = *open_.back();
      open_.pop_back();
      if (!reached.insert(&package).second) continue;
      for (const auto& [name, demand] : package.dependencies) {
        if (auto misfit = compare_dependency(package, name, demand)) return misfit;
      }
    }
    for (const LockedPackage& package : lock_.packages) {
      if (reached.contains(&package)) continue;
      // An extra of what conda brings may need it, which conda's package does not say.
      const bool known = lock_.content_hash == demands_.content_hash;
      if (package.manager == Manager::kPip && known) continue;
      return fmt::format("nobody asks for `{}`", label(package));
    }
    return std::nullopt;
  }

  std::optional<std::string> compare_dependency(const LockedPackage& package,
                                                const std::string& name,
                                                const std::string& demand) {
    const auto complain = [&](std::string_view what) {
      return fmt::format("its `{}` needs `{}`, {}", label(package), written(name, demand), what);
    };
    const bool conda = package.manager == Manager::kConda;
    const std::optional<MatchSpec> spec =
        conda ? std::optional(read_demand(name, demand)) : std::nullopt;
    if (conda && is_virtual_name(name)) {
      if (demands_.virtual_packages.satisfy(*spec)) return std::nullopt;
      return complain("which the system does not have");
    }
    const LockedPackage* found = view_.find_needed(package, name);
    if (found == nullptr) return complain("which is not in it");
    open_.push_back(found);
    const bool met = spec ? spec->matches(LockedFields(*found).fields()) : meets(*found, demand);
    if (met) return std::nullopt;
    return complain(fmt::format("but it has `{}`", label(*found)));
  }

  static std::string label(const LockedPackage& package) {
    return fmt::format("{} {}", package.name, package.version);
  }
  static std::string written(const std::string& name, const std::string& demand) {
    return demand.empty() ? name : name + " " + demand;
  }

  const Lock& lock_;
  const LockDemands& demands_;
  LockView view_;
  std::vector<const LockedPackage*> open_;
};

}  // namespace

std::optional<std::string> find_misfit(const Lock& lock, const LockDemands& demands) {
  return Fit(lock, demands).find_misfit();
}

LockedFields::LockedFields(const LockedPackage& package) : file_name_(package.file_name()) {
  append_version_key(package.version, version_key_);
  if (package.md5) md5_ = package.md5->hex();
  if (package.sha256) sha256_ = package.sha256->hex();
  const std::string_view directory =
      std::string_view(package.url).substr(0, package.url.rfind('/'));
  subdir_ = directory.substr(directory.rfind('/') + 1);
  fields_.name = package.name;
  fields_.version = package.version;
  fields_.version_key = version_key_;
  fields_.build = package.build;
  fields_.build_number = build_number_of(package.build);
  fields_.subdir = subdir_;
  fields_.url = package.url;
  fields_.file_name = file_name_;
  fields_.md5 = md5_;
  fields_.sha256 = sha256_;
}

MatchSpec read_demand(const std::string& name, const std::string& demand) {
  return MatchSpec::parse(demand.empty() ? name : name + " " + demand);
}

}  // namespace kasane::resolver
