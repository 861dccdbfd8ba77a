#include "resolver/resolve/pip_fit.h"

#include <algorithm>

#include <fmt/format.h>

#include "resolver/resolve/conda_pythons.h"
#include "resolver/resolve/request_place.h"

namespace kasane::resolver {
namespace {

std::string label(const LockedPackage& package) {
  return fmt::format("{} {}", package.name, package.version);
}

std::string written(const PipRequest& request) {
  const std::string place = brief_place(request.written.place);
  return place.empty() ? fmt::format("`{}`", request.written.text)
                       : fmt::format("`{}` ({})", request.written.text, place);
}

}  // namespace

bool meets(const LockedPackage& package, std::string_view specifiers) {
  // conda-lock writes `*` for any version.
  const auto wanted = specifiers == "*" ? std::optional(pypi::SpecifierSet())
                                        : pypi::SpecifierSet::find_leniently(specifiers);
  const auto version = LockView::version_of(package);
  return wanted && version && wanted->contains(*version);
}

std::optional<std::string> PipFit::find_misfit() {
  if (auto misfit = find_python()) return misfit;
  for (const LockedPackage& package : lock_.packages) {
    if (package.manager != Manager::kPip) continue;
    if (demands_.pip.empty()) {
      return fmt::format("`{}` comes from pip, for which nothing is asked", package.name);
    }
    if (auto misfit = check_wheel(package)) return misfit;
  }
  for (const PipRequest& request : demands_.pip.requirements) {
    if (auto misfit = compare(request)) return misfit;
  }
  for (const PipRequest& request : demands_.pip.constraints) {
    const LockedPackage* package = view_.find_distribution(request.requirement.name);
    if (package == nullptr || !holds(request)) continue;
    // conda's packages are bound by it only where pip asks for them: the solve knows that.
    const bool known = lock_.content_hash == demands_.content_hash;
    if (package->manager == Manager::kConda && known) continue;
    if (!meets(*package, request.requirement.specifiers.render())) {
      return fmt::format("{} constrains it, but it has `{}`", written(request), label(*package));
    }
    if (auto misfit = compare_hashes(request, *package)) return misfit;
  }
  return std::nullopt;
}

std::optional<std::string> PipFit::find_python() {
  if (demands_.pip.empty()) return std::nullopt;
  const LockedPackage* python = view_.find_conda("python");
  if (python == nullptr) return "it has no Python";
  const auto version = LockView::version_of(*python);
  if (!version) return fmt::format("nobody can read the version of `{}`", label(*python));
  target_ =
      pypi::cpython_target(*version, wheel_machine(lock_.platform),
                           target_libc(demands_.virtual_packages), is_free_threaded(python->build));
  return std::nullopt;
}

std::optional<std::string> PipFit::check_wheel(const LockedPackage& wheel) const {
  const auto name = pypi::WheelName::find(wheel.file_name());
  if (!name || !pypi::TagRanks(target_->wheels).find(*name)) {
    return fmt::format("its wheel `{}` is not for Python {} there", wheel.file_name(),
                       target_->python.text());
  }
  const LockedPackage* carrier = view_.find_carrier(wheel.name);
  if (carrier == nullptr) return std::nullopt;
  return fmt::format("its `{}` comes from conda, as `{}`, and from an index", wheel.name,
                     label(*carrier));
}

bool PipFit::holds(const PipRequest& request) const {
  const auto& marker = request.requirement.marker;
  return !marker || marker->evaluate(target_->environment);
}

std::optional<std::string> PipFit::compare(const PipRequest& request) {
  if (!holds(request)) return std::nullopt;
  const pypi::Requirement& requirement = request.requirement;
  const LockedPackage* package = view_.find_distribution(requirement.name);
  if (package == nullptr) return written(request) + " is not in it";
  found_.push_back(package);
  if (!meets(*package, requirement.specifiers.render())) {
    return fmt::format("{} is asked for, but it has `{}`", written(request), label(*package));
  }
  if (request.wheel &&
      package->url != split_credentials(request.wheel->file.url, UrlTokens::kNone).url) {
    return fmt::format("{} is asked for, but it has `{}`", written(request), package->url);
  }
  if (!requirement.extras.empty() && lock_.content_hash != demands_.content_hash) {
    return fmt::format("{} is asked for, and it does not tell what extras need", written(request));
  }
  return compare_hashes(request, *package);
}

std::optional<std::string> PipFit::compare_hashes(const PipRequest& request,
                                                  const LockedPackage& package) const {
  const auto& hashes = request.written.hashes;
  if (hashes.empty() || package.manager != Manager::kPip) return std::nullopt;
  const bool by_sha256 =
      package.sha256 &&
      std::find(hashes.begin(), hashes.end(), "sha256:" + package.sha256->hex()) != hashes.end();
  // Of other algorithms it does not tell.
  if (by_sha256 || lock_.content_hash == demands_.content_hash) return std::nullopt;
  return fmt::format("{} is asked for with other hashes than that of `{}`", written(request),
                     package.file_name());
}

}  // namespace kasane::resolver
