#include "builder/image/build.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "base/parallel.h"
#include "builder/image/base_facts_cache.h"
#include "builder/image/environment_layer.h"
#include "builder/image/known_images.h"
#include "builder/image/package_layers.h"
#include "builder/image/stopwatch.h"

namespace kasane::builder {
namespace {

/// How many layers are made at once, at most, where making one also waits for a registry.
constexpr unsigned kMostUploads = 4;

std::string join(const std::vector<std::string>& words, std::string_view between) {
  return fmt::format("{}", fmt::join(words, between));
}

}  // namespace

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
  const unsigned at_once = std::max(services_.threads, std::min(target_->parallel(), kMostUploads));
  parallel_for(jobs.size(), at_once, [&](std::size_t i) {
    for (const BuiltLayer& built : builder.build(jobs[i])) {
      made[built.layer] = {built.written.descriptor, built.written.diff_id};
      // At once: should this build be killed, the next one need not make it again.
      index_->remember(plan.layers[built.layer].key, *made[built.layer]);
    }
    for (const LayerMember& member : plan.layers[jobs[i].front()].members) {
      remember_outcome(services_.cache, plan, member.package);
    }
  });

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
    const auto size = layer.descriptor.size_bytes;
    (planned.known ? report_.bytes_reused : report_.bytes_built) += size;
    report_.layers.push_back({layer.descriptor, layer.diff_id.render(),
                              planned.known ? origin(layer) : LayerReport::Origin::kBuilt,
                              LayerReport::Kind::kPackages, packages, planned.key.render()});
    const std::string what =
        packages.size() == 1 ? packages.front() : fmt::format("{} packages", packages.size());
    layers.push_back({layer.descriptor, layer.diff_id, "kasane: " + what});
  }
  return layers;
}

LayerReport::Origin Build::origin(const registry::KnownLayer& layer) const {
  return target_->was_mounted(layer.descriptor.digest) ? LayerReport::Origin::kMounted
                                                       : LayerReport::Origin::kReused;
}

std::vector<PackageOutcome> Build::collect_outcomes(const ImagePlan& plan) {
  std::vector<PackageOutcome> outcomes;
  for (std::size_t i = 0; i < plan.packages.size(); ++i) {
    auto outcome = find_outcome(cache_, plan, i);
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
  const BaseFacts base = find_base_facts(request_.base, options_.prefix, cache_);
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
      assemble_image(plan, request_.base, layers, *lock_digest_, variant(), *target_);
  target_->publish(manifest, request_.tags);
  std::vector<Digest> blobs;
  for (const registry::Descriptor& layer : manifest.layers) blobs.push_back(layer.digest);
  remember_places(services_.cache, *target_, blobs);
  report_.digest = manifest.digest().render();
  report_.media_type = manifest.media_type;
  report_.config_digest = manifest.config.digest.render();
  report_.python = plan.python ? plan.python->version : "";
}

/// What the next machine needs so as not to look into packages whose layers are there.
void Build::leave_hints(const ImagePlan& plan) {
  const bool built = std::any_of(plan.layers.begin(), plan.layers.end(),
                                 [](const PlannedLayer& layer) { return !layer.known; });
  const auto place = target_->place();
  if (!built || !place) return;
  CacheRecord record;
  record.repository = place->repository();
  const auto take = [&](const cache::Key& key) {
    const auto outcome = cache_.find(key);
    if (outcome && outcome->blobs.empty()) record.outcomes.emplace(key.render(), outcome->value);
  };
  std::set<std::string> topics;
  for (std::size_t i = 0; i < plan.packages.size(); ++i) {
    take(facts_key(plan.packages[i].locked));
    take(contents_key(plan, i));
    topics.insert(SharedCache::topic(*plan.packages[i].locked.sha256));
  }
  for (const PlannedLayer& layer : plan.layers) {
    take(layer.key);
    topics.insert(SharedCache::topic(layer.key));
  }
  if (request_.base.image != nullptr) {
    take(base_facts_key(*request_.base.image, options_.prefix));
  }
  for (const LayerReport& layer : report_.layers) {
    record.blobs.push_back({layer.descriptor.digest, layer.descriptor.size_bytes});
  }
  hints_->leave(record, topics);
}

/// What a report says of the request and the target; not part of what is remembered of an image.
void Build::describe(const EnvironmentId& id) {
  report_.reference = target_->reference();
  report_.tags = request_.tags;
  if (const auto place = target_->place()) {
    report_.repository = place->host() + "/" + place->repository();
    // What others call it must mean this image for ever.
    report_.reference = report_.repository + "@" + report_.digest;
    if (place->tag()) report_.tags.insert(report_.tags.begin(), *place->tag());
  }
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
  const registry::TargetTraffic traffic = target_->traffic();
  report_.bytes_uploaded = traffic.uploaded_bytes;
  report_.bytes_mounted = traffic.mounted_bytes;
  report_.requests = services_.count_requests();
  const Warnings& hints = hints_->warnings();
  report_.warnings.insert(report_.warnings.end(), hints.begin(), hints.end());
}

void Build::report_base() {
  if (request_.base.image == nullptr) return;
  const auto diff_ids = request_.base.image->config().diff_ids();
  const auto& layers = request_.base.image->manifest().layers;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    report_.layers.push_back({layers[i],
                              diff_ids.at(i).render(),
                              LayerReport::Origin::kBase,
                              LayerReport::Kind::kBase,
                              {},
                              ""});
  }
}

BuildReport Build::run() {
  const Stopwatch total;
  inputs_.complete_digests();
  choose_byte_code();
  const EnvironmentId id = find_id();
  open_target(id);
  if (auto known = find_finished(id)) {
    for (const Warning& warning : report_.warnings) {
      const auto& told = known->warnings;
      if (std::find(told.begin(), told.end(), warning) == told.end()) {
        known->warnings.push_back(warning);
      }
    }
    report_ = std::move(*known);
    if (!request_.tags.empty()) target_->publish(*target_->find_current(), request_.tags);
    describe(id);
    report_.seconds_total = total.seconds();
    return std::move(report_);
  }

  const ImagePlan image_plan = plan_with_hints();
  refuse_if_strict(image_plan);
  CompilerHome compiler(image_plan, inputs_, services_.runner, services_.files, services_.scratch,
                        services_.threads);
  if (!prepare_packages(image_plan, compiler)) {
    Build again(request_, services_, asks_for_each_blob_);
    return again.run();
  }
  report_.warnings.insert(report_.warnings.end(), image_plan.warnings.begin(),
                          image_plan.warnings.end());

  std::vector<AssembledLayer> layers;
  {
    const StageTimer timer(report_.seconds_build);
    services_.on_stage("building layers");
    if (request_.base.image != nullptr) {
      std::vector<Digest> blobs;
      for (const auto& layer : request_.base.image->manifest().layers) {
        blobs.push_back(layer.digest);
      }
      tell_places(services_.cache, *target_, blobs);
    }
    copy_base_layers(request_.base, *target_);
    report_base();
    layers = build_layers(image_plan, compiler);
    layers.push_back(build_environment(image_plan));
  }
  publish(image_plan, layers);
  leave_hints(image_plan);

  KnownImages(services_.cache, variant()).remember(id, report_);
  describe(id);
  report_.bytes_fetched = inputs_.fetched_bytes();
  report_.strategy_reason = "layers are a function of the lock";
  report_.seconds_total = total.seconds();
  return std::move(report_);
}

}  // namespace kasane::builder
