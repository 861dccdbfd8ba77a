#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/spec_options.h"
#include "resolver/conda/url_credentials.h"

namespace kasane::cli {
namespace {

using Json = nlohmann::ordered_json;
using resolver::EnvironmentSpec;
using resolver::PipOptions;
using resolver::PipRequirement;
using resolver::redact_urls;
using resolver::Requirement;

Json placed(const char* what, const Requirement& requirement) {
  return {{what, redact_urls(requirement.text)},
          {"file", requirement.place.file},
          {"line", requirement.place.line},
          {"column", requirement.place.column}};
}

Json placed_all(const char* what, const std::vector<Requirement>& requirements) {
  Json out = Json::array();
  for (const Requirement& requirement : requirements) out.push_back(placed(what, requirement));
  return out;
}

Json pip_json(const std::vector<PipRequirement>& requirements) {
  Json out = Json::array();
  for (const PipRequirement& requirement : requirements) {
    Json entry = placed("requirement", requirement);
    if (requirement.editable) entry["editable"] = true;
    if (!requirement.hashes.empty()) entry["hashes"] = requirement.hashes;
    out.push_back(std::move(entry));
  }
  return out;
}

std::vector<std::string> redacted(std::vector<std::string> texts) {
  for (std::string& text : texts) text = redact_urls(text);
  return texts;
}

std::vector<std::string> channel_names(const EnvironmentSpec& spec) {
  std::vector<std::string> names;
  for (const Requirement& channel : spec.channels) names.push_back(redact_urls(channel.text));
  return names;
}

Json options_json(const PipOptions& options) {
  return {{"index_url", options.index_url ? Json(redact_urls(*options.index_url)) : Json(nullptr)},
          {"extra_index_urls", redacted(options.extra_index_urls)},
          {"find_links", redacted(options.find_links)},
          {"only_binary", options.only_binary},
          {"no_binary", options.no_binary},
          {"trusted_hosts", options.trusted_hosts},
          {"no_index", options.no_index},
          {"pre", options.pre},
          {"prefer_binary", options.prefer_binary},
          {"require_hashes", options.require_hashes}};
}

Json text_or_null(const std::optional<Requirement>& requirement) {
  return requirement ? Json(redact_urls(requirement->text)) : Json(nullptr);
}

Json spec_json(const EnvironmentSpec& spec) {
  Json out = {{"name", spec.name ? Json(*spec.name) : Json(nullptr)},
              {"kind", spec.kind},
              {"base_image", text_or_null(spec.base_image)},
              {"channels", channel_names(spec)},
              {"conda", placed_all("requirement", spec.conda)},
              {"pip", pip_json(spec.pip)},
              {"constraints", pip_json(spec.constraints)},
              {"pip_options", options_json(spec.pip_options)},
              {"variables", spec.variables},
              {"python", text_or_null(spec.python)},
              {"platforms", spec.platforms},
              {"sources", spec.sources},
              {"references", placed_all("reference", spec.references)},
              {"environments", Json::array()},
              {"canonical_digest", resolver::canonical_digest(spec)},
              {"warnings", Json::array()}};
  for (const EnvironmentSpec& inner : spec.environments) {
    out["environments"].push_back(spec_json(inner));
  }
  for (const Warning& warning : spec.warnings) {
    out["warnings"].push_back({{"code", warning.code}, {"message", warning.message}});
  }
  return out;
}

void add_row(std::string_view label, std::string_view value, std::string& text) {
  if (!value.empty()) text += fmt::format("{:<13}{}\n", label, value);
}

template <class Requirements>
void add_requirements(std::string_view label, const Requirements& requirements, std::string& text) {
  if (requirements.empty()) return;
  add_row(label, std::to_string(requirements.size()), text);
  for (const auto& requirement : requirements) {
    text += fmt::format("  {:<42} {}:{}\n", redact_urls(requirement.text), requirement.place.file,
                        requirement.place.line);
  }
}

std::string spec_text(const EnvironmentSpec& spec) {
  std::string text;
  add_row("name", spec.name.value_or(""), text);
  add_row("kind", spec.kind, text);
  if (spec.base_image) add_row("base image", redact_urls(spec.base_image->text), text);
  add_row("channels", fmt::format("{}", fmt::join(channel_names(spec), ", ")), text);
  if (spec.python) add_row("python", spec.python->text, text);
  add_row("platforms", fmt::format("{}", fmt::join(spec.platforms, ", ")), text);
  add_requirements("conda", spec.conda, text);
  add_requirements("pip", spec.pip, text);
  add_requirements("constraints", spec.constraints, text);
  add_requirements("references", spec.references, text);
  for (const auto& [name, value] : spec.variables) {
    add_row("variable", fmt::format("{}={}", name, redact_urls(value)), text);
  }
  add_row("digest", resolver::canonical_digest(spec), text);
  for (const EnvironmentSpec& inner : spec.environments) text += "\n" + spec_text(inner);
  return text;
}

void warn_all(const EnvironmentSpec& spec, const Surroundings& surroundings) {
  surroundings.warn(spec.warnings);
  for (const EnvironmentSpec& inner : spec.environments) warn_all(inner, surroundings);
}

void run_spec(const SpecOptions& options, bool json, Surroundings& surroundings) {
  const EnvironmentSpec spec = options.read(surroundings);
  if (!json) {
    warn_all(spec, surroundings);
    surroundings.print(spec_text(spec));
    return;
  }
  Json out = {{"schema", "kasane.spec/1"}};
  out.update(spec_json(spec));
  surroundings.print(out.dump(2) + "\n");
}

}  // namespace

void add_spec_command(CLI::App& app, Surroundings& surroundings) {
  auto options = std::make_shared<SpecOptions>();
  auto json = std::make_shared<bool>(false);
  CLI::App* command = app.add_subcommand("spec", "Tell what a specification is understood to ask");
  options->add_to(*command);
  command->add_option("--platform", options->platform, "Which platform selectors choose")
      ->capture_default_str();
  command->add_flag("--json", *json, "Print the result as JSON");
  command->callback([options, json, &surroundings] { run_spec(*options, *json, surroundings); });
}

}  // namespace kasane::cli
