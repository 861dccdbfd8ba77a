#include "builder/image/published_image.h"

#include <algorithm>
#include <map>

#include "builder/image/image_assembly.h"

namespace kasane::builder {
namespace {

std::string find_annotation(const std::map<std::string, std::string>& annotations,
                            std::string_view name) {
  const auto found = annotations.find(std::string(name));
  return found == annotations.end() ? "" : found->second;
}

std::vector<std::string> split(std::string_view words) {
  std::vector<std::string> out;
  while (!words.empty()) {
    const std::size_t end = std::min(words.find(' '), words.size());
    if (end > 0) out.emplace_back(words.substr(0, end));
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return out;
}

/// `3.11` of `python=3.11.4=0`.
std::string python_minor(const std::string& label) {
  constexpr std::string_view kPython = "python=";
  if (!label.starts_with(kPython)) return "";
  const std::string version =
      label.substr(kPython.size(), label.find('=', kPython.size()) - kPython.size());
  const std::size_t dot = version.find('.');
  return dot == std::string::npos ? version : version.substr(0, version.find('.', dot + 1));
}

bool is_whole(const registry::Manifest& manifest, registry::ImageTarget& target) {
  if (!target.has_blob(manifest.config.digest, manifest.config.size_bytes)) return false;
  return std::all_of(manifest.layers.begin(), manifest.layers.end(), [&](const auto& layer) {
    return target.has_blob(layer.digest, layer.size_bytes);
  });
}

}  // namespace

std::optional<BuildReport> find_published(const EnvironmentId& id, const std::string& variant,
                                          registry::ImageTarget& target) {
  const auto manifest = target.find_current();
  if (!manifest || find_annotation(manifest->annotations, kEnvironmentAnnotation) != id.hex() ||
      find_annotation(manifest->annotations, kVariantAnnotation) != variant ||
      !is_whole(*manifest, target)) {
    return std::nullopt;
  }
  std::map<Digest, std::string> diff_ids;
  for (const registry::KnownLayer& layer : target.known_layers()) {
    diff_ids.emplace(layer.descriptor.digest, layer.diff_id.render());
  }
  using Kind = LayerReport::Kind;
  using Origin = LayerReport::Origin;
  BuildReport report;
  report.digest = manifest->digest().render();
  report.media_type = manifest->media_type;
  report.config_digest = manifest->config.digest.render();
  bool ours = false;
  for (std::size_t i = 0; i < manifest->layers.size(); ++i) {
    const registry::Descriptor& layer = manifest->layers[i];
    const auto diff_id = diff_ids.find(layer.digest);
    if (diff_id == diff_ids.end()) return std::nullopt;
    const std::string key = find_annotation(layer.annotations, kKeyAnnotation);
    const bool last = i + 1 == manifest->layers.size();
    ours = ours || last || !key.empty();
    const Kind kind = !ours ? Kind::kBase : last ? Kind::kEnvironment : Kind::kPackages;
    auto packages = split(find_annotation(layer.annotations, kPackagesAnnotation));
    for (const std::string& label : packages) {
      if (auto version = python_minor(label); !version.empty()) report.python = version;
    }
    report.layers.push_back({layer, diff_id->second, ours ? Origin::kReused : Origin::kBase, kind,
                             std::move(packages), key});
    report.bytes_reused += layer.size_bytes;
  }
  report.strategy_reason = std::string(kThereAlready);
  return report;
}

}  // namespace kasane::builder
