#include "resolver/pypi/narrowed_source.h"

#include <algorithm>

#include "base/url.h"

namespace kasane::resolver::pypi {

void NarrowedSource::allow(const std::string& project, const std::string& hash) {
  allowed_[project].insert(hash);
}

void NarrowedSource::replace(const std::string& project, const DistributionFile& file) {
  ProjectFiles& files = replaced_[project];
  files.known = true;
  files.files = {file};
  files.origins = {redact_url(file.file.url)};
}

const ProjectFiles& NarrowedSource::all_files(std::string_view project) {
  const auto replaced = replaced_.find(project);
  return replaced == replaced_.end() ? inner_.files(project) : replaced->second;
}

const ProjectFiles& NarrowedSource::files(std::string_view project) {
  static const std::set<std::string> none;
  const auto found = allowed_.find(project);
  if (found == allowed_.end() && !insists_) return all_files(project);
  const std::set<std::string>& allowed = found == allowed_.end() ? none : found->second;
  const auto known = narrowed_.find(project);
  if (known != narrowed_.end()) return known->second;
  ProjectFiles out = all_files(project);
  std::erase_if(out.files,
                [&](const DistributionFile& file) { return !is_allowed(allowed, project, file); });
  return narrowed_.emplace(project, std::move(out)).first->second;
}

void NarrowedSource::hint_files(std::span<const std::string_view> projects) {
  std::vector<std::string_view> others;
  std::copy_if(projects.begin(), projects.end(), std::back_inserter(others),
               [&](std::string_view project) { return !replaced_.contains(project); });
  if (!others.empty()) inner_.hint_files(others);
}

bool NarrowedSource::is_allowed(const std::set<std::string>& hashes, std::string_view project,
                                const DistributionFile& file) {
  if (hashes.empty()) return false;
  const auto& stated = file.file.hashes;
  const bool matches = std::any_of(stated.begin(), stated.end(), [&](const auto& hash) {
    return hashes.contains(hash.first + ":" + hash.second);
  });
  if (matches || file.file.sha256()) return matches;
  // The index does not tell, so the file does.
  return file.wheel && hashes.contains("sha256:" + inner_.sha256(project, file).hex());
}

}  // namespace kasane::resolver::pypi
