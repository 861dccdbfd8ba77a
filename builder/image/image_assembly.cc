#include "builder/image/image_assembly.h"

#include <map>

#include <fmt/format.h>

#include "base/error.h"
#include "registry/image_copy.h"
#include "registry/media_type.h"

namespace kasane::builder {
namespace {

std::string_view architecture_of(std::string_view platform) {
  return platform == "linux-aarch64" ? "arm64" : "amd64";
}

void put_in_front(registry::ImageConfig& config, std::string_view name, const std::string& entry,
                  std::string_view otherwise) {
  const auto present = config.find_variable(name);
  const std::string rest = present ? *present : std::string(otherwise);
  config.set_variable(name, rest.empty() ? entry : entry + ":" + rest);
}

void set_environment(const ImagePlan& plan, registry::ImageConfig& config) {
  const std::string path = plan.environment_path();
  put_in_front(config, "PATH", path + "/bin",
               "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
  put_in_front(config, "LD_LIBRARY_PATH", path + "/lib", "");
  config.set_variable("AZUREML_CONDA_ENVIRONMENT_PATH", path);
  config.set_variable("CONDA_PREFIX", path);
  config.set_variable("CONDA_DEFAULT_ENV", plan.id.name());
  config.set_variable("AZUREML_ENVIRONMENT_IMAGE", "True");
}

void set_labels(const ImagePlan& plan, const BaseImage& base, const Digest& lock_digest,
                registry::ImageConfig& config) {
  config.set_label("io.kasane.environment.id", plan.id.hex());
  config.set_label("io.kasane.lock.sha256", lock_digest.hex());
  config.set_label("io.kasane.layout", fmt::format("{}", kLayoutVersion));
  if (base.image == nullptr) return;
  config.set_label("org.opencontainers.image.base.digest", base.digest()->render());
  if (!base.public_name.empty()) {
    config.set_label("org.opencontainers.image.base.name", base.public_name);
  }
}

}  // namespace

std::optional<Digest> BaseImage::digest() const {
  if (image == nullptr) return std::nullopt;
  return image->manifest().digest();
}

std::string package_label(const PlannedPackage& package) {
  const PackageFacts& facts = package.facts;
  return facts.build.empty() ? fmt::format("{}={}", facts.name, facts.version)
                             : fmt::format("{}={}={}", facts.name, facts.version, facts.build);
}

std::uint64_t copy_base_layers(const BaseImage& base, registry::ImageTarget& target) {
  if (base.image == nullptr) return 0;
  return in_context(
      [&] { return fmt::format("while copying the base `{}`", base.image->reference()); },
      [&] { return registry::copy_blobs(*base.image, base.image->manifest().layers, target); });
}

registry::Manifest assemble_image(const ImagePlan& plan, const BaseImage& base,
                                  const std::vector<AssembledLayer>& layers,
                                  const Digest& lock_digest, const std::string& variant,
                                  registry::ImageTarget& target) {
  registry::ImageConfig config = base.image != nullptr
                                     ? base.image->config()
                                     : registry::ImageConfig::make(architecture_of(plan.platform));
  config.make_reproducible();
  std::vector<registry::Descriptor> descriptors;
  if (base.image != nullptr) {
    for (registry::Descriptor layer : base.image->manifest().layers) {
      layer.media_type = registry::media_type::to_oci(layer.media_type);
      descriptors.push_back(std::move(layer));
    }
  }
  for (const AssembledLayer& layer : layers) {
    config.append_layer(layer.diff_id, layer.created_by);
    descriptors.push_back(layer.descriptor);
  }
  set_environment(plan, config);
  set_labels(plan, base, lock_digest, config);
  if (base.image == nullptr && plan.python) {
    config.set_command_if_missing({plan.environment_path() + "/bin/python"});
  }

  const std::string text = config.render();
  const auto blob = target.begin_blob();
  blob->write(text);
  const registry::Descriptor config_descriptor{
      std::string(registry::media_type::kConfig), blob->commit(), text.size(), {}};
  std::map<std::string, std::string> annotations = {
      {std::string(kEnvironmentAnnotation), plan.id.hex()},
      {std::string(kVariantAnnotation), variant}};
  if (base.image != nullptr) {
    annotations["org.opencontainers.image.base.digest"] = base.digest()->render();
    if (!base.public_name.empty()) {
      annotations["org.opencontainers.image.base.name"] = base.public_name;
    }
  }
  return registry::Manifest::make(config_descriptor, std::move(descriptors),
                                  std::move(annotations));
}

}  // namespace kasane::builder
