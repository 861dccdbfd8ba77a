#include "resolver/spec/azureml_job.h"

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "resolver/spec/azureml_environment.h"
#include "resolver/spec/azureml_v1.h"
#include "resolver/spec/setup_script.h"
#include "resolver/spec/spec_template.h"

namespace kasane::resolver {
namespace {

constexpr int kMaxDepth = 16;

std::string schema_of(const YamlNode& root) {
  const YamlNode* schema = root.find("$schema");
  return schema == nullptr ? "" : lower(schema->text);
}

std::string kind_of(const YamlNode& root) {
  const std::string schema = schema_of(root);
  if (schema.find("component") != std::string::npos) return "azureml-component";
  if (schema.find("deployment") != std::string::npos) return "azureml-deployment";
  if (schema.find("pipeline") != std::string::npos || root.find("jobs") != nullptr) {
    return "azureml-pipeline";
  }
  return "azureml-job";
}

bool is_file_name(std::string_view text) {
  return text.starts_with("file:") || text.ends_with(".yml") || text.ends_with(".yaml");
}

std::string join(const std::string& path, std::string_view key) {
  return path.empty() ? std::string(key) : fmt::format("{}.{}", path, key);
}

/// Goes through a job and what lies below it.
class Reader {
 public:
  explicit Reader(ReadingContext& context) : context_(context) {}

  /// `path` is where in the file, as `jobs.train`.
  void visit(const SpecText& text, const YamlNode& node, const std::string& path, int depth = 0) {
    if (depth > kMaxDepth) {
      throw error_at(place_of(text, node), "the components are nested too deeply");
    }
    if (const YamlNode* environment = node.find("environment")) {
      read_environment(text, *environment, node.find("command"), join(path, "environment"));
    }
    for (const std::string_view key : {"component", "trial"}) {
      if (const YamlNode* inner = node.find(key))
        read_component(text, *inner, join(path, key), depth);
    }
    if (const YamlNode* task = node.find("task"); task != nullptr && task->is_map()) {
      visit(text, *task, join(path, "task"), depth + 1);
    }
    const YamlNode* jobs = node.find("jobs");
    if (jobs == nullptr || !jobs->is_map()) return;
    for (const YamlEntry& job : jobs->entries) {
      visit(text, job.value, join(join(path, "jobs"), job.key.text), depth + 1);
    }
  }

 private:
  /// What the job's command installs at its start belongs into the environment.
  void read_environment(const SpecText& text, const YamlNode& node, const YamlNode* command,
                        const std::string& path) {
    if (node.is_null()) return;
    if (node.is_scalar() && !is_file_name(node.text)) {
      refer(text, node);
      return;
    }
    EnvironmentSpec spec;
    ReadingContext inner(context_.reading(), spec);
    inner.add_source(text.file_name());
    if (node.is_scalar()) {
      const Path file = named_path(text, node, inner);
      as_named_at(place_of(text, node), [&] {
        const SpecText content = inner.read(file);
        refuse_templates(content);
        read_map(content, parse_yaml(content), inner);
      });
    } else {
      refuse_templates(text, node);
      read_map(text, expect_map(text, node, "environment"), inner);
    }
    if (command != nullptr) read_job_command(text, *command, inner);
    spec.name = path;
    for (const std::string& source : spec.sources) context_.add_source(source);
    context_.spec().environments.push_back(std::move(spec));
  }

  static void read_map(const SpecText& text, const YamlNode& node, ReadingContext& inner) {
    inner.spec().kind = "azureml-environment";
    if (is_internal_environment(node)) {
      read_internal_environment(text, node, inner);
    } else if (is_azureml_v1_environment(node)) {
      inner.spec().kind = "azureml-v1-environment";
      read_azureml_v1_environment(text, node, inner);
    } else {
      read_azureml_environment(text, node, inner);
    }
  }

  void read_component(const SpecText& text, const YamlNode& node, const std::string& path,
                      int depth) {
    if (node.is_map()) {
      visit(text, node, path, depth + 1);
    } else if (node.is_scalar() && !is_file_name(node.text)) {
      refer(text, node);
    } else if (node.is_scalar()) {
      const Path file = named_path(text, node, context_);
      if (!components_.insert(file.string()).second) return;
      as_named_at(place_of(text, node), [&] {
        const SpecText content = context_.read(file);
        visit(content, parse_yaml(content), path, depth + 1);
      });
    }
  }

  void refer(const SpecText& text, const YamlNode& node) {
    refuse_templates(text, node);
    context_.spec().references.push_back({node.text, place_of(text, node)});
  }

  ReadingContext& context_;
  /// Files of components that were read: an environment counts once.
  std::set<std::string> components_;
};

}  // namespace

bool is_azureml_job(const YamlNode& root) {
  const std::string schema = schema_of(root);
  for (const std::string_view part : {"job", "component", "deployment"}) {
    if (schema.find(part) != std::string::npos) return true;
  }
  constexpr std::array<std::string_view, 5> kKeys = {"jobs", "command", "component", "trial",
                                                     "environment"};
  return std::any_of(kKeys.begin(), kKeys.end(),
                     [&](std::string_view key) { return root.find(key) != nullptr; });
}

void read_azureml_job(const SpecText& text, const YamlNode& root, ReadingContext& context) {
  Reader(context).visit(text, root, "");
  EnvironmentSpec& spec = context.spec();
  if (spec.environments.empty() && spec.references.empty()) {
    throw error_at(text.place(1), "the file names no environment")
        .hint("a job names one with `environment:`");
  }
  if (spec.environments.size() == 1) {
    EnvironmentSpec only = std::move(spec.environments.front());
    only.references = std::move(spec.references);
    only.sources = std::move(spec.sources);
    only.warnings.insert(only.warnings.end(), spec.warnings.begin(), spec.warnings.end());
    spec = std::move(only);
  }
  spec.kind = kind_of(root);
}

}  // namespace kasane::resolver
