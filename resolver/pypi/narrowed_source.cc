#include "resolver/pypi/narrowed_source.h"

#include <algorithm>

namespace kasane::resolver::pypi {

void NarrowedSource::allow(const std::string& project, const std::string& hash) {
  allowed_[project].insert(hash);
}

const ProjectFiles& NarrowedSource::files(std::string_view project) {
  static const std::set<std::string> kNone;
  const auto found = allowed_.find(project);
  if (found == allowed_.end() && !insists_) return inner_.files(project);
  const std::set<std::string>& allowed = found == allowed_.end() ? kNone : found->second;
  const auto known = narrowed_.find(project);
  if (known != narrowed_.end()) return known->second;
  ProjectFiles out = inner_.files(project);
  std::erase_if(out.files,
                [&](const DistributionFile& file) { return !is_allowed(allowed, project, file); });
  return narrowed_.emplace(project, std::move(out)).first->second;
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
