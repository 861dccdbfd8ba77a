#include "builder/bytecode/bytecode_filter.h"

#include <algorithm>

namespace kasane::builder {
namespace {

constexpr std::string_view kCacheDirectory = "__pycache__";

/// Splits `a/__pycache__/b.cpython-311.pyc` into `a/` and `b.cpython-311`; nothing for other paths.
std::optional<std::pair<std::string_view, std::string_view>> split_cached(std::string_view path) {
  constexpr std::string_view kEnding = ".pyc";
  if (!path.ends_with(kEnding)) return std::nullopt;
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::string_view directory = path.substr(0, slash);
  if (!directory.ends_with(kCacheDirectory)) return std::nullopt;
  const std::string_view parent = directory.substr(0, directory.size() - kCacheDirectory.size());
  if (!parent.empty() && !parent.ends_with('/')) return std::nullopt;
  const std::string_view name = path.substr(slash + 1);
  return std::pair(parent, name.substr(0, name.size() - kEnding.size()));
}

/// The source that a Python with `tag` would use the pyc at `path` for; empty when it would not.
std::string source_of(std::string_view parent, std::string_view stem, const std::string& tag) {
  for (const std::string_view level : {"", ".opt-1", ".opt-2"}) {
    const std::string ending = "." + tag + std::string(level);
    if (stem.size() > ending.size() && stem.ends_with(ending)) {
      return std::string(parent) + std::string(stem.substr(0, stem.size() - ending.size())) + ".py";
    }
  }
  return {};
}

bool is_optimised(std::string_view path) { return path.find(".opt-") != std::string_view::npos; }

}  // namespace

BytecodeFilter::BytecodeFilter(EntrySink& sink, const std::optional<PythonLayout>& python,
                               const Path& scratch)
    : sink_(sink), spool_(scratch) {
  if (!python) return;
  const auto minor = PythonMinor::find(python->version);
  if (!minor || !minor->magic()) return;
  python_ = minor;
  magic_ = *minor->magic();
  module_directories_ = {"lib/python" + python->version + "/", python->site_packages + "/"};
}

bool BytecodeFilter::is_module(std::string_view path) const {
  return path.ends_with(".py") &&
         std::any_of(module_directories_.begin(), module_directories_.end(),
                     [&](const std::string& directory) { return path.starts_with(directory); });
}

void BytecodeFilter::begin(const Entry& entry) {
  current_ = entry;
  holding_ = false;
  hasher_.reset();
  if (python_ && entry.type == Entry::Type::kHardlink) return begin_link(entry);
  if (python_ && entry.type == Entry::Type::kFile) {
    if (const auto cached = split_cached(entry.path)) {
      holding_ = true;
      held_by_path_.emplace(entry.path, held_.size());
      held_.push_back(
          {entry, source_of(cached->first, cached->second, python_->cache_tag()), spool_.size()});
      return;
    }
    if (entry.path.ends_with(".py")) hasher_.emplace(*python_, magic_);
  }
  sink_.begin(entry);
}

/// A hard link shares what its target is: a source its facts, a held pyc its bytes.
void BytecodeFilter::begin_link(const Entry& entry) {
  const auto held = held_by_path_.find(entry.target);
  if (held != held_by_path_.end() && hold_link(entry, HeldPyc(held_[held->second]))) return;
  const auto source = sources_.find(entry.target);
  if (source != sources_.end() && entry.path.ends_with(".py")) {
    sources_.emplace(entry.path, source->second);
  }
  sink_.begin(entry);
}

bool BytecodeFilter::hold_link(const Entry& entry, const HeldPyc& target) {
  Entry copy = target.entry;
  copy.path = entry.path;
  holding_ = true;
  const auto cached = split_cached(entry.path);
  if (cached) {
    held_by_path_.emplace(entry.path, held_.size());
    held_.push_back(
        {copy, source_of(cached->first, cached->second, python_->cache_tag()), target.offset});
    return true;
  }
  // The link's target may never come; its bytes have to stand here.
  sink_.begin(copy);
  copy_held({copy, {}, target.offset}, 0);
  sink_.end();
  return true;
}

void BytecodeFilter::write(std::string_view bytes) {
  if (holding_) {
    spool_.write(bytes);
    return;
  }
  if (hasher_) hasher_->update(bytes);
  sink_.write(bytes);
}

void BytecodeFilter::end() {
  if (holding_) return;
  if (hasher_) {
    sources_.insert_or_assign(current_.path, Source{current_.archive_time, current_.size_bytes,
                                                    current_.rewritten, false, hasher_->finish()});
  }
  sink_.end();
}

void BytecodeFilter::copy_held(const HeldPyc& held, std::uint64_t skip) {
  FileSource source(spool_, held.offset + skip, held.entry.size_bytes - skip);
  std::string buffer(std::size_t{64} << 10, '\0');
  while (const std::size_t count = source.read(buffer)) sink_.write({buffer.data(), count});
}

bool BytecodeFilter::is_fresh(const PycHeader& header, const Source& source) const {
  if (header.magic != magic_) return false;
  if (header.validity != PycHeader::Validity::kTimestamp) return header.source_hash == source.hash;
  return !source.rewritten &&
         header.source_time == static_cast<std::uint32_t>(source.archive_time) &&
         header.source_size == static_cast<std::uint32_t>(source.size_bytes);
}

void BytecodeFilter::finish_pyc(const HeldPyc& held) {
  const auto source = sources_.find(held.source);
  if (source == sources_.end()) return;
  std::array<char, PycHeader::kSize> bytes;
  const std::size_t size = spool_.read_at(
      held.offset,
      std::span(bytes).first(std::min<std::uint64_t>(bytes.size(), held.entry.size_bytes)));
  auto header = PycHeader::find({bytes.data(), size});
  if (!header || !is_fresh(*header, source->second)) return;
  header->validity = PycHeader::Validity::kUncheckedHash;
  header->source_hash = source->second.hash;
  if (!is_optimised(held.entry.path)) source->second.has_pyc = true;
  sink_.begin(held.entry);
  sink_.write(header->render());
  copy_held(held, PycHeader::kSize);
  sink_.end();
}

void BytecodeFilter::finish() {
  for (const HeldPyc& held : held_) finish_pyc(held);
  for (const auto& [path, source] : sources_) {
    if (is_module(path) && !source.has_pyc) uncompiled_.push_back(path);
  }
}

}  // namespace kasane::builder
