#include <algorithm>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "resolver/conda/match_spec.h"
#include "resolver/pypi/distribution_name.h"
#include "resolver/spec/environment_spec.h"
#include "resolver/spec/pip_requirement_text.h"
#include "resolver/spec/spec_text.h"

namespace kasane::resolver {
namespace {

using Json = nlohmann::json;
using Texts = std::vector<std::string>;

Texts as_set(Texts texts) {
  std::sort(texts.begin(), texts.end());
  texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
  return texts;
}

Texts texts_of(const std::vector<Requirement>& requirements) {
  Texts out;
  for (const Requirement& requirement : requirements) out.push_back(requirement.text);
  return out;
}

Texts canonical_channels(const std::vector<Requirement>& channels) {
  Texts out;
  for (std::string channel : texts_of(channels)) {
    while (channel.size() > 1 && channel.ends_with('/')) channel.pop_back();
    if (std::find(out.begin(), out.end(), channel) == out.end()) out.push_back(std::move(channel));
  }
  return out;
}

Texts canonical_conda(const std::vector<Requirement>& requirements) {
  Texts out;
  for (const Requirement& requirement : requirements) {
    out.push_back(MatchSpec::parse(requirement.text).render());
  }
  return as_set(std::move(out));
}

Texts canonical_pip(const std::vector<PipRequirement>& requirements) {
  Texts out;
  for (const PipRequirement& requirement : requirements) {
    std::string text = requirement.editable
                           ? "-e " + requirement.text
                           : PipRequirementText::parse(requirement.text).render_canonical();
    for (const std::string& hash : as_set(requirement.hashes)) text += " --hash=" + hash;
    out.push_back(std::move(text));
  }
  return as_set(std::move(out));
}

Texts canonical_names(Texts names) {
  for (std::string& name : names) {
    if (!name.starts_with(':')) name = pypi::normalise_name(name);
  }
  return as_set(std::move(names));
}

Json canonical_options(const PipOptions& options) {
  Json out = {{"extra_index_urls", options.extra_index_urls},
              {"find_links", options.find_links},
              {"only_binary", canonical_names(options.only_binary)},
              {"no_binary", canonical_names(options.no_binary)},
              {"trusted_hosts", as_set(options.trusted_hosts)},
              {"no_index", options.no_index},
              {"pre", options.pre},
              {"prefer_binary", options.prefer_binary},
              {"require_hashes", options.require_hashes}};
  if (options.index_url) out["index_url"] = *options.index_url;
  return out;
}

std::string without_space(std::string text) {
  std::erase(text, ' ');
  return text;
}

Json canonical_form(const EnvironmentSpec& spec) {
  Json out = {{"channels", canonical_channels(spec.channels)},
              {"conda", canonical_conda(spec.conda)},
              {"pip", canonical_pip(spec.pip)},
              {"constraints", canonical_pip(spec.constraints)},
              {"pip_options", canonical_options(spec.pip_options)},
              {"variables", spec.variables},
              {"platforms", as_set(spec.platforms)},
              {"references", as_set(texts_of(spec.references))}};
  if (spec.base_image) out["base_image"] = spec.base_image->text;
  if (spec.python) out["python"] = without_space(spec.python->text);
  if (spec.lock) out["lock"] = spec.lock->hex();
  Texts environments;
  for (const EnvironmentSpec& inner : spec.environments) {
    environments.push_back(canonical_digest(inner));
  }
  if (!environments.empty()) out["environments"] = as_set(std::move(environments));
  return out;
}

}  // namespace

std::string canonical_digest(const EnvironmentSpec& spec) {
  return Digest::of(canonical_form(spec).dump()).hex();
}

}  // namespace kasane::resolver
