#include "tests/support/memory_distributions.h"

#include <algorithm>

#include "base/error.h"
#include "tests/support/python_index.h"

namespace kasane::test {

using resolver::pypi::DistributionFile;
using resolver::pypi::IndexFile;
using resolver::pypi::Metadata;
using resolver::pypi::ProjectFiles;

void MemoryDistributions::add(const std::string& project, const std::string& version,
                              const File& file) {
  ProjectFiles& list = projects_[project];
  list.known = true;
  IndexFile entry;
  entry.name = file.name;
  entry.url = "https://memory.example/" + file.name;
  if (!file.requires_python.empty()) entry.requires_python = file.requires_python;
  if (file.yanked) entry.yanked = "";
  auto found = DistributionFile::find(entry, project);
  if (!found) throw Error(ErrorKind::kUsage, "a test names the file `" + file.name + "`");
  list.files.push_back(std::move(*found));
  std::stable_sort(list.files.begin(), list.files.end(),
                   [](const DistributionFile& a, const DistributionFile& b) {
                     if (a.version != b.version) return b.version < a.version;
                     return a.file.name < b.file.name;
                   });
  metadata_.emplace(file.name,
                    Metadata::parse(metadata_text(project, version, file.metadata), file.name));
}

const ProjectFiles& MemoryDistributions::files(std::string_view project) {
  const auto found = projects_.find(project);
  return found == projects_.end() ? none_ : found->second;
}

const Metadata& MemoryDistributions::metadata(std::string_view /*project*/,
                                              const DistributionFile& file) {
  asked_.insert(file.file.name);
  return metadata_.at(file.file.name);
}

Digest MemoryDistributions::sha256(std::string_view /*project*/, const DistributionFile& file) {
  return Digest::of(file.file.name);
}

}  // namespace kasane::test
