#include "builder/image/package_layers.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/archive/entry_path.h"
#include "base/archive/tar_writer.h"
#include "base/error.h"
#include "builder/bytecode/bytecode_filter.h"
#include "builder/fragment/tar_segment.h"
#include "builder/image/layer_index.h"
#include "builder/image/part_compilation.h"

namespace kasane::builder {
namespace {

std::string tar_root(const ImagePlan& plan) { return plan.options.prefix.substr(1); }

/// Adds `path` (relative to the prefix; empty for the prefix itself) and all above it, relative to
/// the image's root.
void add_with_parents(std::string_view root, std::string_view path, std::set<std::string>& into) {
  std::string full = path.empty() ? std::string(root) : fmt::format("{}/{}", root, path);
  while (into.insert(full).second) {
    const std::size_t slash = full.rfind('/');
    if (slash == std::string::npos) break;
    full.resize(slash);
  }
}

/// Sends each entry to the part that its path belongs to.
class PartRouter final : public EntrySink {
 public:
  PartRouter(const FragmentSpec& spec, std::vector<std::unique_ptr<TarSegment>>& parts)
      : spec_(spec), parts_(parts) {}

  void begin(const Entry& entry) override {
    current_ = spec_.part_of(entry.path);
    if (entry.type == Entry::Type::kHardlink && spec_.part_of(entry.target) != current_) {
      throw Error(ErrorKind::kRefused,
                  fmt::format("the hard link `{}` and its target `{}` would be in different layers",
                              entry.path, entry.target))
          .hint("build with a larger `--max-layer-size`");
    }
    parts_[current_]->begin(entry);
  }
  void write(std::string_view bytes) override { parts_[current_]->write(bytes); }
  void end() override { parts_[current_]->end(); }

 private:
  const FragmentSpec& spec_;
  std::vector<std::unique_ptr<TarSegment>>& parts_;
  std::size_t current_ = 0;
};

/// The bytes of a segment, ended as a tar must be.
class EndedSegment final : public ByteSource {
 public:
  explicit EndedSegment(std::unique_ptr<ByteSource> segment) : segment_(std::move(segment)) {}
  std::size_t read(std::span<char> buffer) override {
    if (const std::size_t n = segment_->read(buffer)) return n;
    const std::size_t n = std::min(left_, buffer.size());
    std::fill_n(buffer.begin(), n, '\0');
    left_ -= n;
    return n;
  }

 private:
  std::unique_ptr<ByteSource> segment_;
  std::size_t left_ = kTarTrailer;
};

/// What the plan expects and was not installed: byte-code that was stale. Anything installed that
/// the plan does not know of would escape the clobber rules, so it is refused.
std::vector<std::string> find_dropped(const PlannedPackage& package,
                                      const std::vector<std::unique_ptr<TarSegment>>& segments) {
  std::vector<std::string> installed;
  for (const auto& segment : segments) {
    installed.insert(installed.end(), segment->paths().begin(), segment->paths().end());
  }
  std::sort(installed.begin(), installed.end());
  std::vector<std::string> planned;
  for (const PackagePath& path : package.paths) {
    if (!path.directory) planned.push_back(path.path);
  }
  std::vector<std::string> dropped;
  std::set_difference(planned.begin(), planned.end(), installed.begin(), installed.end(),
                      std::back_inserter(dropped));
  if (installed.size() + dropped.size() != planned.size()) {
    throw Error(ErrorKind::kIntegrity,
                fmt::format("`{}` installs {} files, its metadata tells of {}", package.facts.name,
                            installed.size(), planned.size()));
  }
  return dropped;
}

std::optional<FragmentRecord> find_fragment(cache::Cache& cache, const ImagePlan& plan,
                                            std::size_t package) {
  const auto outcome = cache.find(plan.fragment_keys[package]);
  if (!outcome) return std::nullopt;
  return FragmentRecord::from_outcome(*outcome);
}

}  // namespace

/// A layer that is being written, and what of its members is there already.
struct PackageLayers::OpenLayer {
  std::size_t layer;
  LayerWriter writer;
  std::map<std::size_t, FragmentRecord> records;
};

cache::Key contents_key(const ImagePlan& plan, std::size_t package) {
  return cache::Key::of("contents", fmt::format("{} {}", plan.fragment_keys[package].render(),
                                                plan.compiler ? plan.compiler->hex() : "-"));
}

std::optional<PackageOutcome> find_outcome(cache::Cache& cache, const ImagePlan& plan,
                                           std::size_t package) {
  const auto outcome = cache.find(contents_key(plan, package));
  if (!outcome) return std::nullopt;
  return PackageOutcome::parse(outcome->value);
}

bool has_outcome(cache::Cache& cache, const ImagePlan& plan, std::size_t package) {
  return cache.find(contents_key(plan, package)).has_value();
}

void remember_outcome(cache::Cache& cache, const ImagePlan& plan, std::size_t package) {
  const PlannedPackage& planned = plan.packages[package];
  if (has_outcome(cache, plan, package)) return;
  const auto record = find_fragment(cache, plan, package);
  if (!record) return;
  PackageOutcome outcome{record->dropped, {}, record->warnings};
  for (std::size_t part = 0; plan.compiler && part < record->parts.size(); ++part) {
    if (record->parts[part].uncompiled.empty()) continue;
    const auto byte_code = cache.find(bytecode_key(planned.fragment, part, *plan.compiler));
    if (!byte_code) return;
    const auto files = BytecodeRecord::from_outcome(*byte_code).files;
    outcome.compiled.insert(outcome.compiled.end(), files.begin(), files.end());
  }
  cache.remember(contents_key(plan, package), {outcome.render(), {}});
}

bool needs_compiling(cache::Cache& cache, const ImagePlan& plan, std::size_t package) {
  if (!plan.compiler) return false;
  const PlannedPackage& planned = plan.packages[package];
  const auto record = find_fragment(cache, plan, package);
  if (!record) return true;
  for (std::size_t part = 0; part < record->parts.size(); ++part) {
    if (record->parts[part].uncompiled.empty()) continue;
    if (!cache.find(bytecode_key(planned.fragment, part, *plan.compiler))) return true;
  }
  return false;
}

std::vector<std::vector<std::size_t>> PackageLayers::find_jobs() const {
  std::vector<std::vector<std::size_t>> jobs;
  std::map<std::size_t, std::size_t> job_of_giant;
  for (std::size_t i = 0; i < plan_.layers.size(); ++i) {
    const PlannedLayer& layer = plan_.layers[i];
    if (layer.known) continue;
    const std::size_t package = layer.members.front().package;
    if (plan_.packages[package].fragment.part_count() == 1) {
      jobs.push_back({i});
      continue;
    }
    const auto [place, added] = job_of_giant.emplace(package, jobs.size());
    if (added) jobs.emplace_back();
    jobs[place->second].push_back(i);
  }
  return jobs;
}

std::vector<BuiltLayer> PackageLayers::build(const std::vector<std::size_t>& job) const {
  std::vector<std::optional<registry::KnownLayer>> made_before;
  for (const std::size_t layer : job) {
    made_before.push_back(find_made_layer(services_.cache, plan_.layers[layer].key));
  }
  // What is remembered of a layer only saves work: where it turns out wrong, it is not used.
  if (auto built = write(job, std::move(made_before))) return *std::move(built);
  return write(job, std::vector<std::optional<registry::KnownLayer>>(job.size())).value();
}

std::optional<std::vector<BuiltLayer>> PackageLayers::write(
    const std::vector<std::size_t>& job,
    std::vector<std::optional<registry::KnownLayer>> made_before) const {
  std::vector<OpenLayer> open;
  for (std::size_t i = 0; i < job.size(); ++i) {
    const std::size_t layer = job[i];
    open.push_back(
        {layer,
         LayerWriter(services_.target, plan_.options.compression, std::move(made_before[i])),
         {}});
    std::set<std::string> directories;
    add_with_parents(tar_root(plan_), "", directories);
    for (const LayerMember& member : plan_.layers[layer].members) {
      const PlannedPackage& package = plan_.packages[member.package];
      std::string_view added;
      for (const PackagePath& path : package.paths) {
        if (package.fragment.part_of(path.path) != member.part) continue;
        const std::string_view directory = path.directory ? path.path : parent_of(path.path);
        if (directory == added) continue;
        add_with_parents(tar_root(plan_), directory, directories);
        added = directory;
      }
    }
    open.back().writer.append_directories(directories, plan_.options.time);
  }
  if (job.size() == 1) {
    for (const LayerMember& member : plan_.layers[job.front()].members) {
      append_package(open, member.package);
    }
  } else {
    append_package(open, plan_.layers[job.front()].members.front().package);
  }
  std::vector<BuiltLayer> built;
  for (OpenLayer& layer : open) {
    for (const LayerMember& member : plan_.layers[layer.layer].members) {
      append_byte_code(layer, member);
    }
    auto written = layer.writer.finish();
    if (!written) return std::nullopt;
    built.push_back({layer.layer, *std::move(written)});
  }
  return built;
}

void PackageLayers::append_package(std::vector<OpenLayer>& open, std::size_t package) const {
  const PlannedPackage& planned = plan_.packages[package];
  bool made = false;
  const auto make = [&] {
    made = true;
    make_fragment(open, package);
    return open.front().records.at(package).to_outcome();
  };
  const auto outcome =
      in_context([&] { return fmt::format("while installing `{}`", planned.fragment.origin.url); },
                 [&] { return services_.cache.find_or_make(plan_.fragment_keys[package], make); });
  if (made) return;
  const FragmentRecord record = FragmentRecord::from_outcome(outcome);
  for (OpenLayer& layer : open) {
    layer.records.emplace(package, record);
    for (const LayerMember& member : plan_.layers[layer.layer].members) {
      if (member.package != package) continue;
      const FragmentPart& part = record.parts.at(member.part);
      const auto blob = services_.cache.find_blob(part.blob);
      if (!blob) throw Error(ErrorKind::kFailed, "a fragment vanished from the cache");
      layer.writer.append_blob(*blob);
    }
  }
}

void PackageLayers::make_fragment(std::vector<OpenLayer>& open, std::size_t package) const {
  const PlannedPackage& planned = plan_.packages[package];
  const FragmentSpec& spec = planned.fragment;
  const auto file = services_.open_package_file(package);
  const auto archive = open_package(*file, planned.locked.file_name());
  const std::size_t count = spec.part_count();

  std::vector<std::unique_ptr<cache::BlobWriter>> blobs;
  std::vector<std::unique_ptr<ChunkStream>> streams;
  std::vector<std::unique_ptr<TarSegment>> segments;
  const std::size_t window = count == 1 ? services_.pool.threads() + 1 : 1;
  for (std::size_t part = 0; part < count; ++part) {
    LayerWriter* writer = nullptr;
    for (OpenLayer& layer : open) {
      for (const LayerMember& member : plan_.layers[layer.layer].members) {
        if (member == LayerMember{package, part}) writer = &layer.writer;
      }
    }
    blobs.push_back(services_.cache.begin_blob());
    const auto consume = [blob = blobs.back().get(), writer](const CompressedChunk& chunk) {
      blob->write(chunk.compressed);
      if (writer != nullptr) writer->append(chunk);
    };
    streams.push_back(std::make_unique<ChunkStream>(services_.pool, window, consume));
    segments.push_back(
        std::make_unique<TarSegment>(tar_root(plan_), plan_.options.time, *streams.back()));
  }

  PartRouter router(spec, segments);
  BytecodeFilter filter(router, spec.byte_code_for, services_.scratch);
  const std::set<std::string> excluded(spec.excluded.begin(), spec.excluded.end());
  FragmentRecord record;
  record.warnings = archive->install(planned.facts, spec.origin, spec.target, excluded, filter);
  filter.finish();
  record.dropped = find_dropped(planned, segments);
  std::vector<std::vector<std::string>> uncompiled(count);
  for (const std::string& path : filter.uncompiled()) {
    uncompiled[spec.part_of(path)].push_back(path);
  }
  for (std::size_t part = 0; part < count; ++part) {
    streams[part]->finish();
    const cache::BlobSize blob = blobs[part]->commit();
    record.parts.push_back(
        {blob.digest, blob.size_bytes, segments[part]->size_bytes(), std::move(uncompiled[part])});
  }
  for (OpenLayer& layer : open) layer.records.emplace(package, record);
}

void PackageLayers::append_byte_code(OpenLayer& open, const LayerMember& member) const {
  const PlannedPackage& package = plan_.packages[member.package];
  const FragmentRecord& record = open.records.at(member.package);
  if (!plan_.compiler || record.parts.at(member.part).uncompiled.empty()) return;
  const auto outcome =
      services_.cache.find_or_make(bytecode_key(package.fragment, member.part, *plan_.compiler),
                                   [&] { return compile_part(member.part, record); });
  const BytecodeRecord byte_code = BytecodeRecord::from_outcome(outcome);
  if (byte_code.files.empty()) return;
  std::set<std::string> directories;
  for (const std::string& file : byte_code.files) {
    add_with_parents(tar_root(plan_), parent_of(file), directories);
  }
  open.writer.append_directories(directories, plan_.options.time);
  const auto blob = services_.cache.find_blob(byte_code.blob);
  if (!blob) throw Error(ErrorKind::kFailed, "a fragment vanished from the cache");
  open.writer.append_blob(*blob);
}

cache::Outcome PackageLayers::compile_part(std::size_t part, const FragmentRecord& record) const {
  const auto file = services_.cache.find_blob(record.parts.at(part).blob);
  if (!file) throw Error(ErrorKind::kFailed, "a fragment vanished from the cache");
  FileSource compressed(*file);
  EndedSegment tar(decompress(plan_.options.compression.codec(), compressed));
  const auto blob = services_.cache.begin_blob();
  ChunkStream stream(services_.pool, services_.pool.threads() + 1,
                     [&](const CompressedChunk& chunk) { blob->write(chunk.compressed); });
  TarSegment segment(tar_root(plan_), plan_.options.time, stream);
  PartCompilation compilation(tar_root(plan_), plan_.options.prefix, *plan_.python,
                              *services_.find_compiler(), segment);
  compilation.run(tar, record.parts.at(part).uncompiled);
  stream.finish();
  const cache::BlobSize size = blob->commit();
  BytecodeRecord result{size.digest, size.size_bytes, segment.size_bytes(), compilation.files()};
  std::sort(result.files.begin(), result.files.end());
  return result.to_outcome();
}

}  // namespace kasane::builder
