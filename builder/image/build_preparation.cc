#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/parallel.h"
#include "builder/image/build.h"
#include "builder/image/known_images.h"
#include "builder/image/package_layers.h"
#include "builder/image/published_image.h"
#include "builder/image/stopwatch.h"

namespace kasane::builder {
namespace {

/// What engines take at most, with a little room (overlay mounts end at 127).
constexpr std::size_t kDeepestImage = 120;

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

}  // namespace

Build::Build(const BuildRequest& request, BuildServices& services, bool asks_for_each_blob)
    : request_(request),
      services_(services),
      options_(request.plan),
      cache_(services.cache),
      inputs_(request.lock, cache_, services.fetcher, services.threads),
      asks_for_each_blob_(asks_for_each_blob) {
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
  return Digest::of(json.dump()).hex();
}

void Build::open_target(const EnvironmentId& id) {
  target_ = services_.open_target(id);
  if (asks_for_each_blob_) target_->ask_for_each_blob();
  const auto place = target_->place();
  hints_ = std::make_unique<SharedHints>(
      place && services_.open_shared ? services_.open_shared(*place) : nullptr, cache_, *target_);
  index_ = std::make_unique<LayerIndex>(cache_, *target_);
}

std::optional<BuildReport> Build::find_finished(const EnvironmentId& id) {
  const KnownImages images(services_.cache, variant());
  if (auto known = images.find(id, *target_)) return known;
  return find_published(id, variant(), *target_);
}

/// A layer that is in the target, but of whose packages nothing is known, is made again: the
/// inventory must tell what is in it.
void Build::find_layers(ImagePlan& plan) {
  std::vector<Digest> blobs;
  for (const PlannedLayer& layer : plan.layers) {
    const auto known = cache_.find(layer.key);
    const auto read = known ? parse_layer(known->value) : std::nullopt;
    if (read) blobs.push_back(read->descriptor.digest);
  }
  tell_places(services_.cache, *target_, blobs);
  parallel_for(plan.layers.size(), target_->parallel_questions(), [&](std::size_t i) {
    PlannedLayer& layer = plan.layers[i];
    if (layer.known) return;
    const bool told = std::all_of(
        layer.members.begin(), layer.members.end(),
        [&](const LayerMember& member) { return has_outcome(cache_, plan, member.package); });
    if (told) layer.known = index_->find(layer.key);
  });
}

ImagePlan Build::plan(std::vector<PlanInput> inputs) {
  ImagePlan plan = make_plan(std::move(inputs), request_.lock.platform, request_.base.digest(),
                             options_, [](const cache::Key&) { return std::nullopt; });
  find_layers(plan);
  return plan;
}

/// Learns about the packages of which this machine knows nothing; false when there is nothing new.
bool Build::learn_of_packages(const std::vector<std::optional<PlanInput>>& found) {
  std::set<std::string> unknown;
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (!found[i]) unknown.insert(SharedCache::topic(*inputs_.packages()[i].sha256));
  }
  return !unknown.empty() && hints_->learn(unknown);
}

void Build::learn_of_layers(ImagePlan& plan) {
  std::set<std::string> missing;
  for (const PlannedLayer& layer : plan.layers) {
    if (!layer.known) missing.insert(SharedCache::topic(layer.key));
  }
  if (!missing.empty() && hints_->learn(missing)) find_layers(plan);
}

/// The plan, with what others have left word of where this machine does not know enough itself.
ImagePlan Build::plan_with_hints() {
  auto found = inputs_.find_facts();
  if (learn_of_packages(found)) found = inputs_.find_facts();
  std::vector<PlanInput> inputs;
  {
    const StageTimer timer(report_.seconds_fetch);
    services_.on_stage("fetching packages");
    inputs = inputs_.read_facts(std::move(found));
  }
  ImagePlan image_plan = plan(std::move(inputs));
  learn_of_layers(image_plan);
  return image_plan;
}

void Build::refuse_if_strict(const ImagePlan& plan) const {
  if (!request_.strict) return;
  for (const Warning& warning : plan.warnings) {
    if (warning.code == "link-script") {
      throw Error(ErrorKind::kRefused, warning.message)
          .hint(
              "build without `--strict`, and run what the script does in a later step if need be");
    }
    if (warning.code == "two-distributions") {
      throw Error(ErrorKind::kRefused, warning.message)
          .hint("make the lock anew from its specification, or take one of the two out");
    }
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
      if (!services_.cache.find(plan.fragment_keys[member.package])) needed[member.package] = true;
      if (needs_compiling(cache_, plan, member.package)) byte_code_missing = true;
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

PlanPreview Build::preview() {
  choose_byte_code();
  const auto& packages = inputs_.packages();
  const bool digests_known = std::all_of(packages.begin(), packages.end(),
                                         [](const auto& package) { return package.sha256; });
  if (!digests_known) inputs_.complete_digests();
  PlanPreview preview{find_id(), std::nullopt, false, {}};
  open_target(preview.id);
  target_->look_only();
  preview.complete = find_finished(preview.id).has_value();
  std::vector<PlanInput> inputs;
  auto found = inputs_.find_facts();
  if (!preview.complete && learn_of_packages(found)) found = inputs_.find_facts();
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (found[i]) {
      inputs.push_back(*std::move(found[i]));
    } else {
      preview.to_fetch.push_back(i);
    }
  }
  if (!preview.to_fetch.empty()) return preview;
  preview.plan = plan(std::move(inputs));
  if (!preview.complete) learn_of_layers(*preview.plan);
  return preview;
}

}  // namespace kasane::builder
