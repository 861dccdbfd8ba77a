#include "builder/plan/image_plan.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/parallel.h"
#include "builder/plan/carried_distributions.h"
#include "builder/plan/clobber.h"
#include "builder/plan/stated_order.h"

namespace kasane::builder {
namespace {

using Kind = PackageFacts::Kind;

PackageOrigin origin_of(const PlanInput& input) {
  const resolver::LockedPackage& locked = input.locked;
  return {locked.name,    locked.version,   locked.build, locked.url,
          *locked.sha256, input.size_bytes, locked.md5};
}

/// A lock that names one package and a file that holds another must not be mixed up.
void check_identity(const PlanInput& input) {
  const bool wheel = input.facts.kind == Kind::kWheel;
  const auto normal = [&](std::string_view name) {
    return wheel ? wheel_name(name) : conda_name(name);
  };
  if (normal(input.facts.name) == normal(input.locked.name) &&
      (wheel || input.locked.version.empty() || input.facts.version == input.locked.version)) {
    return;
  }
  throw Error(
      ErrorKind::kIntegrity,
      fmt::format("expected `{} {}` in `{}`, got `{} {}`", input.locked.name, input.locked.version,
                  input.locked.file_name(), input.facts.name, input.facts.version))
      .hint("the lock is wrong; make it anew");
}

bool needs_python(const PackageFacts& facts) {
  return facts.kind == Kind::kWheel || facts.kind == Kind::kCondaNoarchPython;
}

bool holds_python(const PackageFacts& facts) {
  return std::any_of(facts.paths.begin(), facts.paths.end(), [](const PackagePath& path) {
    return path.path.ends_with(".py") || path.path.ends_with(".pyc");
  });
}

LayeringInput::Class stability_of(const PackageFacts& facts) {
  if (facts.kind == Kind::kWheel) return LayeringInput::Class::kWheel;
  if (facts.kind == Kind::kCondaNoarchPython) return LayeringInput::Class::kPython;
  const bool python = std::any_of(facts.depends.begin(), facts.depends.end(), [](const auto& d) {
    const std::string name = conda_name(d);
    return name == "python" || name == "python_abi";
  });
  return python && facts.name != "python" ? LayeringInput::Class::kPython
                                          : LayeringInput::Class::kNative;
}

std::vector<PlannedPackage> plan_packages(std::vector<PlanInput> inputs,
                                          const std::vector<std::size_t>& order,
                                          const std::optional<PythonLayout>& python,
                                          const PlanOptions& options, Warnings& warnings) {
  std::vector<PlannedPackage> packages;
  for (const std::size_t index : order) {
    PlanInput& input = inputs[index];
    const InstallTarget target{options.prefix, needs_python(input.facts) ? python : std::nullopt};
    FragmentSpec fragment{
        origin_of(input),    target,      holds_python(input.facts) ? python : std::nullopt, {}, {},
        options.compression, options.time};
    PlannedPackage package{
        std::move(input.locked), std::move(input.facts), std::move(fragment), {}};
    packages.push_back(std::move(package));
  }
  std::vector<PackageFiles> files(packages.size());
  parallel_for(packages.size(), available_processors(), [&](std::size_t i) {
    const PlannedPackage& package = packages[i];
    files[i] = {package.facts.name,
                installed_paths(package.facts, package.fragment.origin, package.fragment.target)};
  });
  std::vector<Kind> kinds;
  for (const PlannedPackage& package : packages) kinds.push_back(package.facts.kind);
  Warnings doubles = find_double_distributions(kinds, files);
  warnings.insert(warnings.end(), doubles.begin(), doubles.end());
  Clobbers clobbers = find_clobbers(files);
  for (std::size_t i = 0; i < packages.size(); ++i) {
    auto& excluded = clobbers.excluded[i];
    packages[i].paths = std::move(files[i].paths);
    if (!excluded.empty()) {
      std::erase_if(packages[i].paths, [&](const PackagePath& path) {
        return std::binary_search(excluded.begin(), excluded.end(), path.path);
      });
    }
    packages[i].fragment.excluded = std::move(excluded);
  }
  warnings.insert(warnings.end(), clobbers.warnings.begin(), clobbers.warnings.end());
  return packages;
}

cache::Key layer_key(const ImagePlan& plan, const std::vector<LayerMember>& members) {
  nlohmann::json inputs = {{"layout", kLayoutVersion},
                           {"compression", plan.options.compression.identity()},
                           {"prefix", plan.options.prefix},
                           {"python", plan.compiler ? plan.compiler->hex() : ""},
                           {"members", nlohmann::json::array()}};
  for (const LayerMember& member : members) {
    inputs["members"].push_back({plan.fragment_keys[member.package].render(), member.part});
  }
  return cache::Key::of("layer", inputs.dump());
}

void plan_layers(ImagePlan& plan, const FindLayer& find_layer) {
  std::vector<LayeringInput> inputs;
  for (const PlannedPackage& package : plan.packages) {
    inputs.push_back({package.facts.name, stability_of(package.facts),
                      package.facts.installed_size_bytes(), &package.paths});
  }
  Layering layering = find_layering(inputs, plan.options.layering);
  for (std::size_t i = 0; i < plan.packages.size(); ++i) {
    plan.packages[i].fragment.bounds = std::move(layering.bounds[i]);
    plan.fragment_keys.push_back(plan.packages[i].fragment.key());
  }
  for (auto& members : layering.layers) {
    cache::Key key = layer_key(plan, members);
    auto known = find_layer(key);
    plan.layers.push_back({std::move(members), std::move(key), std::move(known)});
  }
}

void warn_of_link_scripts(ImagePlan& plan) {
  for (const PlannedPackage& package : plan.packages) {
    for (const std::string& script : package.facts.link_scripts) {
      plan.warnings.push_back(
          {"link-script", fmt::format("`{}` brings `{}`, which conda would run; it is installed, "
                                      "not run",
                                      package.facts.name, script)});
    }
  }
}

}  // namespace

std::string ImagePlan::environment_path() const { return "/azureml-envs/" + id.name(); }

ImagePlan make_plan(std::vector<PlanInput> inputs, const std::string& platform,
                    const std::optional<Digest>& base, const PlanOptions& options,
                    const FindLayer& find_layer) {
  std::vector<const PackageFacts*> facts;
  std::vector<resolver::LockedPackage> locked;
  std::optional<PythonLayout> python;
  std::optional<Digest> python_digest;
  for (const PlanInput& input : inputs) {
    check_identity(input);
    facts.push_back(&input.facts);
    locked.push_back(input.locked);
    if (input.facts.python) {
      python = input.facts.python;
      python_digest = input.locked.sha256;
    }
  }
  const EnvironmentId id = find_environment_id(
      {platform, base, options.prefix, options.byte_code, options.time, {}}, locked);
  ImagePlan plan{id, platform, options, base, python, {}, {}, {}, {}, {}};
  if (options.byte_code) plan.compiler = python_digest;
  const std::vector<std::size_t> order = stated_order(facts);
  plan.packages = plan_packages(std::move(inputs), order, python, options, plan.warnings);
  warn_of_link_scripts(plan);
  plan_layers(plan, find_layer);
  return plan;
}

}  // namespace kasane::builder
