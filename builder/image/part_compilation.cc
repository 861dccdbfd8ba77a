#include "builder/image/part_compilation.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/archive/entry_path.h"
#include "base/archive/tar_reader.h"
#include "base/error.h"
#include "builder/bytecode/pyc.h"

namespace kasane::builder {
namespace {

/// How many sources are held in memory at once while they are compiled.
constexpr std::size_t kCompileBatchBytes = std::size_t{8} << 20;

}  // namespace

PartCompilation::PartCompilation(std::string root, const std::string& prefix,
                                 const PythonLayout& python, ByteCompiler& compiler,
                                 EntrySink& sink)
    : root_(std::move(root)),
      prefix_(prefix),
      cache_tag_(PythonMinor::find(python.version).value().cache_tag()),
      compiler_(compiler),
      sink_(sink) {}

void PartCompilation::run(ByteSource& tar, const std::vector<std::string>& wanted) {
  TarReader reader(tar);
  while (const auto entry = reader.next()) {
    if (entry->type != TarEntry::Type::kFile) continue;
    const std::string path = entry->path.substr(root_.size() + 1);
    if (!std::binary_search(wanted.begin(), wanted.end(), path)) continue;
    sources_.push_back({prefix_ + "/" + path, read_all(reader, entry->size_bytes, path)});
    paths_.push_back(path);
    batch_bytes_ += sources_.back().content.size();
    if (batch_bytes_ >= kCompileBatchBytes) compile();
  }
  compile();
}

/// `pkg/m.py` is compiled to `pkg/__pycache__/m.cpython-311.pyc` (PEP 3147).
std::string PartCompilation::cached_path(std::string_view source) const {
  const std::string_view directory = parent_of(source);
  const std::string_view file = source.substr(directory.empty() ? 0 : directory.size() + 1);
  return fmt::format("{}{}__pycache__/{}.{}.pyc", directory, directory.empty() ? "" : "/",
                     file.substr(0, file.size() - 3), cache_tag_);
}

void PartCompilation::compile() {
  const auto results = compiler_.compile(sources_);
  if (const auto reason = compiler_.failure()) {
    throw Error(ErrorKind::kFailed, fmt::format("the environment's Python ended: {}", *reason))
        .hint("build again, or with `--no-compile`");
  }
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (!results[i]) continue;
    Entry entry;
    entry.path = cached_path(paths_[i]);
    entry.size_bytes = results[i]->size();
    sink_.begin(entry);
    sink_.write(*results[i]);
    sink_.end();
    files_.push_back(entry.path);
  }
  sources_.clear();
  paths_.clear();
  batch_bytes_ = 0;
}

}  // namespace kasane::builder
