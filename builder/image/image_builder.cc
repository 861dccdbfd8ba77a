#include "builder/image/image_builder.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <numeric>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/parallel.h"
#include "builder/image/base_facts_cache.h"
#include "builder/image/compiler_home.h"
#include "builder/image/environment_layer.h"
#include "builder/image/known_images.h"
#include "builder/image/layer_index.h"
#include "builder/image/package_layers.h"

namespace kasane::builder {
namespace {

/// What engines take at most, with a little room (overlay mounts end at 127).
constexpr std::size_t kDeepestImage = 120;

constexpr std::string_view kKeyAnnotation = "io.kasane.layer.key";
constexpr std::string_view kPackagesAnnotation = "io.kasane.layer.packages";

class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
  }

 private:
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

/// Adds the time that it lives to `into`.
class StageTimer {
 public:
  explicit StageTimer(double& into) : into_(into) {}
  StageTimer(const StageTimer&) = delete;
  StageTimer& operator=(const StageTimer&) = delete;
  ~StageTimer() { into_ += watch_.seconds(); }

 private:
  double& into_;
  Stopwatch watch_;
};

std::optional<Digest> find_python(const std::vector<resolver::LockedPackage>& packages) {
  for (const resolver::LockedPackage& package : packages) {
    if (package.manager == resolver::Manager::kConda && package.name == "python") {
      return package.sha256;
    }
  }
  return std::nullopt;
}

cache::Key interpreter_key(const Digest& python) {
  return cache::Key::of("interpreter-does-not-run", python.hex());
}

std::string join(const std::vector<std::string>& words, std::string_view between) {
  return fmt::format("{}", fmt::join(words, between));
}

/// One build, from a request to its report.
class Build {
 public:
  Build(const BuildRequest& request, BuildServices& services)
      : request_(request),
        services_(services),
        options_(request.plan),
        inputs_(request.lock, services.cache, services.fetcher, services.threads) {
    check_base();
    const std::size_t room = kDeepestImage - std::min(kDeepestImage, request.base.layer_count());
    const std::size_t layers = std::min(request.max_layers, room);
    if (layers < 2) {
      throw Error(ErrorKind::kRefused,
                  fmt::format("the base has {} layers, which leaves no room below {}",
                              request.base.layer_count(), kDeepestImage))
          .hint("take a base with fewer layers, or flatten it first");
    }
    options_.layering.max_layers = layers - 1;
  }

  BuildReport run();
  PlanPreview preview();

 private:
  void check_base() const;
  void choose_byte_code();
  EnvironmentId find_id() const;
  std::string variant() const;
  ImagePlan plan(std::vector<PlanInput> inputs) const;
  void refuse_if_strict(const ImagePlan& plan) const;
  bool prepare_packages(const ImagePlan& plan, CompilerHome& compiler);
  std::vector<AssembledLayer> build_layers(const ImagePlan& plan, CompilerHome& compiler);
  AssembledLayer build_environment(const ImagePlan& plan);
  std::vector<PackageOutcome> collect_outcomes(const ImagePlan& plan);
  void publish(const ImagePlan& plan, const std::vector<AssembledLayer>& layers);
  void describe(const EnvironmentId& id);

  const BuildRequest& request_;
  BuildServices& services_;
  PlanOptions options_;
  LockInputs inputs_;
  std::unique_ptr<registry::ImageTarget> target_;
  std::unique_ptr<LayerIndex> index_;
  std::optional<Digest> lock_digest_;
  BuildReport report_;
};

void Build::check_base() const {
  if (request_.base.image == nullptr) return;
  const std::string expected = request_.lock.platform == "linux-aarch64" ? "arm64" : "amd64";
  const std::string found = request_.base.image->config().architecture();
  if (found == expected) return;
  throw Error(ErrorKind::kUsage, fmt::format("expected a base image for `{}`, `{}` is for `{}`",
                                             expected, request_.base.image->reference(), found))
      .hint("choose another base, or another `--platform`");
}

/// Byte-code is part of the file system, so whether there is any must be settled before the id.
void Build::choose_byte_code() {
  const auto python = find_python(inputs_.packages());
  if (!options_.byte_code || !python) {
    options_.byte_code = false;
    return;
  }
  std::string reason;
  if (!runs_here(request_.lock.platform)) {
    reason = fmt::format("programs for `{}` do not run here", request_.lock.platform);
  } else if (const auto verdict = services_.cache.find(interpreter_key(*python))) {
    reason = verdict->value;
  }
  if (reason.empty()) return;
  options_.byte_code = false;
  report_.warnings.push_back(
      {"no-byte-code", fmt::format("Python sources are not compiled: {}", reason)});
}

EnvironmentId Build::find_id() const {
  return find_environment_id({request_.lock.platform,
                              request_.base.digest(),
                              options_.prefix,
                              options_.byte_code,
                              options_.time,
                              {}},
                             inputs_.packages());
}

/// All that the manifest's bytes depend on, beside the environment's id.
std::string Build::variant() const {
  const nlohmann::json json = {{"compression", options_.compression.identity()},
                               {"group", options_.layering.group_bytes},
                               {"part", options_.layering.part_bytes},
                               {"layers", options_.layering.max_layers},
                               {"base", request_.base.public_name},
                               {"strict", request_.strict}};
  return json.dump();
}

/// A layer that is in the target, but whose packages this cache has never seen, is made again: the
/// inventory must tell what is in it.
ImagePlan Build::plan(std::vector<PlanInput> inputs) const {
  ImagePlan plan = make_plan(std::move(inputs), request_.lock.platform, request_.base.digest(),
                             options_, [this](const cache::Key& key) { return index_->find(key); });
  for (PlannedLayer& layer : plan.layers) {
    for (const LayerMember& member : layer.members) {
      if (!layer.known) break;
      if (!find_outcome(services_.cache, plan, member.package)) layer.known.reset();
    }
  }
  return plan;
}

void Build::refuse_if_strict(const ImagePlan& plan) const {
  if (!request_.strict) return;
  for (const Warning& warning : plan.warnings) {
    if (warning.code != "link-script") continue;
    throw Error(ErrorKind::kRefused, warning.message)
        .hint("build without `--strict`, and run what the script does in a later step if need be");
  }
}

/// Fetches what must be installed, and starts the compiler where its verdict is not known. False
/// when the interpreter turned out not to run, so that the plan no longer holds.
bool Build::prepare_packages(const ImagePlan& plan, CompilerHome& compiler) {
  std::vector<bool> needed(plan.packages.size());
  bool byte_code_missing = false;
  for (const PlannedLayer& layer : plan.layers) {
    if (layer.known) continue;
    for (const LayerMember& member : layer.members) {
      const bool fragment =
          find_fragment(services_.cache, plan.packages[member.package]).has_value();
      if (!fragment) needed[member.package] = true;
      if (needs_compiling(services_.cache, plan, member.package)) byte_code_missing = true;
    }
  }
  std::vector<resolver::LockedPackage> wanted;
  for (std::size_t i = 0; i < needed.size(); ++i) {
    if (needed[i]) wanted.push_back(plan.packages[i].locked);
  }
  {
    const StageTimer timer(report_.seconds_fetch);
    services_.on_stage("fetching packages");
    inputs_.fetch(wanted);
  }
  if (!plan.compiler || !byte_code_missing || compiler.find() != nullptr) return true;
  services_.cache.remember(interpreter_key(*plan.compiler), {compiler.reason(), {}});
  return false;
}

std::vector<AssembledLayer> Build::build_layers(const ImagePlan& plan, CompilerHome& compiler) {
  CompressPool pool(options_.compression, services_.threads);
  LayerServices layer_services{
      services_.cache,
      *target_,
      pool,
      [&](std::size_t package) { return inputs_.open(plan.packages[package].locked); },
      [&] { return compiler.find(); },
      services_.scratch};
  const PackageLayers builder(plan, layer_services);
  auto jobs = builder.find_jobs();
  const auto weight = [&](const std::vector<std::size_t>& job) {
    std::uint64_t bytes = 0;
    for (const std::size_t layer : job) {
      for (const LayerMember& member : plan.layers[layer].members) {
        bytes += plan.packages[member.package].facts.installed_size_bytes();
      }
    }
    return bytes;
  };
  std::stable_sort(jobs.begin(), jobs.end(),
                   [&](const auto& a, const auto& b) { return weight(a) > weight(b); });

  std::vector<std::optional<registry::KnownLayer>> made(plan.layers.size());
  parallel_for(jobs.size(), services_.threads, [&](std::size_t i) {
    for (const BuiltLayer& built : builder.build(jobs[i])) {
      made[built.layer] = {built.written.descriptor, built.written.diff_id};
    }
  });

  for (const auto& job : jobs) {
    for (const LayerMember& member : plan.layers[job.front()].members) {
      remember_outcome(services_.cache, plan, member.package);
    }
  }

  std::vector<AssembledLayer> layers;
  for (std::size_t i = 0; i < plan.layers.size(); ++i) {
    const PlannedLayer& planned = plan.layers[i];
    registry::KnownLayer layer = planned.known ? *planned.known : *made[i];
    std::vector<std::string> packages;
    for (const LayerMember& member : planned.members) {
      packages.push_back(package_label(plan.packages[member.package]));
    }
    layer.descriptor.annotations = {{std::string(kKeyAnnotation), planned.key.render()},
                                    {std::string(kPackagesAnnotation), join(packages, " ")}};
    if (!planned.known) index_->remember(planned.key, layer);
    const auto size = layer.descriptor.size_bytes;
    (planned.known ? report_.bytes_reused : report_.bytes_built) += size;
    report_.layers.push_back(
        {layer.descriptor, layer.diff_id.render(),
         planned.known ? LayerReport::Origin::kReused : LayerReport::Origin::kBuilt,
         LayerReport::Kind::kPackages, packages, planned.key.render()});
    const std::string what =
        packages.size() == 1 ? packages.front() : fmt::format("{} packages", packages.size());
    layers.push_back({layer.descriptor, layer.diff_id, "kasane: " + what});
  }
  return layers;
}

std::vector<PackageOutcome> Build::collect_outcomes(const ImagePlan& plan) {
  std::vector<PackageOutcome> outcomes;
  for (std::size_t i = 0; i < plan.packages.size(); ++i) {
    auto outcome = find_outcome(services_.cache, plan, i);
    if (!outcome) {
      throw Error(ErrorKind::kFailed, fmt::format("the record of `{}` vanished from the cache",
                                                  plan.packages[i].facts.name))
          .hint("build again");
    }
    report_.warnings.insert(report_.warnings.end(), outcome->warnings.begin(),
                            outcome->warnings.end());
    outcomes.push_back(std::move(*outcome));
  }
  return outcomes;
}

AssembledLayer Build::build_environment(const ImagePlan& plan) {
  const BaseFacts base = find_base_facts(request_.base, options_.prefix, services_.cache);
  const std::string lock = canonical_lock(plan);
  lock_digest_ = Digest::of(lock);
  const Inventory inventory = make_inventory(plan, collect_outcomes(plan));
  registry::KnownLayer written = write_environment_layer(plan, base, lock, inventory, *target_);
  report_.bytes_built += written.descriptor.size_bytes;
  report_.layers.push_back({written.descriptor,
                            written.diff_id.render(),
                            LayerReport::Origin::kBuilt,
                            LayerReport::Kind::kEnvironment,
                            {},
                            ""});
  return {written.descriptor, written.diff_id, "kasane: environment " + plan.id.name()};
}

void Build::publish(const ImagePlan& plan, const std::vector<AssembledLayer>& layers) {
  const StageTimer timer(report_.seconds_publish);
  services_.on_stage("publishing");
  const registry::Manifest manifest =
      assemble_image(plan, request_.base, layers, *lock_digest_, *target_);
  target_->publish(manifest, request_.tags);
  report_.digest = manifest.digest().render();
  report_.media_type = manifest.media_type;
  report_.config_digest = manifest.config.digest.render();
  report_.python = plan.python ? plan.python->version : "";
}

/// What a report says of the request and the target; not part of what is remembered of an image.
void Build::describe(const EnvironmentId& id) {
  report_.reference = target_->reference();
  report_.tags = request_.tags;
  report_.environment_id = id.hex();
  report_.environment_name = id.name();
  report_.environment_path = "/azureml-envs/" + id.name();
  report_.prefix = options_.prefix;
  report_.lock_sha256 = request_.lock.sha256.hex();
  if (request_.base.image != nullptr) {
    report_.base_reference = request_.base.image->reference();
    report_.base_digest = request_.base.digest()->render();
  } else {
    report_.base_reference = "scratch";
  }
}

BuildReport Build::run() {
  const Stopwatch total;
  inputs_.complete_digests();
  choose_byte_code();
  const EnvironmentId id = find_id();
  target_ = services_.open_target(id);
  KnownImages images(services_.cache, variant());
  if (auto known = images.find(id, *target_)) {
    for (const Warning& warning : report_.warnings) {
      const auto& told = known->warnings;
      if (std::find(told.begin(), told.end(), warning) == told.end()) {
        known->warnings.push_back(warning);
      }
    }
    report_ = std::move(*known);
    describe(id);
    report_.seconds_total = total.seconds();
    return std::move(report_);
  }

  index_ = std::make_unique<LayerIndex>(services_.cache, *target_);
  std::vector<PlanInput> inputs;
  {
    const StageTimer timer(report_.seconds_fetch);
    services_.on_stage("fetching packages");
    inputs = inputs_.read_facts();
  }
  const ImagePlan image_plan = plan(std::move(inputs));
  refuse_if_strict(image_plan);
  CompilerHome compiler(image_plan, inputs_, services_.runner, services_.files, services_.scratch,
                        services_.threads);
  if (!prepare_packages(image_plan, compiler)) {
    Build again(request_, services_);
    return again.run();
  }
  report_.warnings.insert(report_.warnings.end(), image_plan.warnings.begin(),
                          image_plan.warnings.end());

  std::vector<AssembledLayer> layers;
  {
    const StageTimer timer(report_.seconds_build);
    services_.on_stage("building layers");
    copy_base_layers(request_.base, *target_, services_.threads);
    if (request_.base.image != nullptr) {
      const auto diff_ids = request_.base.image->config().diff_ids();
      const auto& base_layers = request_.base.image->manifest().layers;
      for (std::size_t i = 0; i < base_layers.size(); ++i) {
        report_.layers.push_back({base_layers[i],
                                  diff_ids.at(i).render(),
                                  LayerReport::Origin::kBase,
                                  LayerReport::Kind::kBase,
                                  {},
                                  ""});
      }
    }
    layers = build_layers(image_plan, compiler);
    layers.push_back(build_environment(image_plan));
  }
  publish(image_plan, layers);

  images.remember(id, report_);
  describe(id);
  report_.bytes_fetched = inputs_.fetched_bytes();
  report_.strategy_reason = "layers are a function of the lock";
  report_.seconds_total = total.seconds();
  return std::move(report_);
}

PlanPreview Build::preview() {
  choose_byte_code();
  const auto& packages = inputs_.packages();
  const bool digests_known = std::all_of(packages.begin(), packages.end(),
                                         [](const auto& package) { return package.sha256; });
  if (!digests_known) inputs_.complete_digests();
  PlanPreview preview{find_id(), std::nullopt, false, {}};
  target_ = services_.open_target(preview.id);
  preview.complete = KnownImages(services_.cache, variant()).find(preview.id, *target_).has_value();
  index_ = std::make_unique<LayerIndex>(services_.cache, *target_);
  std::vector<PlanInput> inputs;
  const auto found = inputs_.find_facts();
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (found[i]) {
      inputs.push_back(*found[i]);
    } else {
      preview.to_fetch.push_back(i);
    }
  }
  if (preview.to_fetch.empty()) preview.plan = plan(std::move(inputs));
  return preview;
}

}  // namespace

/// What is damaged in the cache is noticed when it is used. It is dropped then, and made again.
BuildReport build_image(const BuildRequest& request, BuildServices& services) {
  std::size_t damaged = 0;
  try {
    return Build(request, services).run();
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kIntegrity) throw;
    damaged = services.cache.verify().damaged.size();
    if (damaged == 0) throw;
  }
  BuildReport report = Build(request, services).run();
  report.warnings.push_back(
      {"cache-damage", fmt::format("{} damaged entries of the cache were made again", damaged)});
  return report;
}

PlanPreview preview_image(const BuildRequest& request, BuildServices& services) {
  return Build(request, services).preview();
}

}  // namespace kasane::builder
