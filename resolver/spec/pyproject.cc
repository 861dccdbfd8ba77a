#include "resolver/spec/pyproject.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/suggest.h"
#include "base/text.h"
#include "resolver/pypi/distribution_name.h"
#include "resolver/spec/pip_requirement_text.h"

namespace kasane::resolver {
namespace {

/// The entry whose name means `wanted`, as PEP 503 compares names.
const TomlNode* find_named(const TomlNode& table, std::string_view wanted) {
  for (const auto& [name, node] : table.entries) {
    if (pypi::normalise_name(name) == pypi::normalise_name(wanted)) return &node;
  }
  return nullptr;
}

Error unknown_name(const TomlNode* table, std::string_view what, const std::string& name,
                   const SourcePlace& place) {
  std::vector<std::string> known;
  if (table != nullptr) {
    for (const auto& entry : table->entries) known.push_back(entry.name);
  }
  const auto meant = find_suggestion(name, known);
  Error error =
      Error(ErrorKind::kUsage, fmt::format("the project has no {} `{}`", what, name)).at(place);
  if (!meant) return error;
  return std::move(error).hint(fmt::format("did you mean `{}`?", *meant));
}

/// Reads one project.
class Reader {
 public:
  Reader(const TomlNode& root, const TomlNode& project, ReadingContext& context)
      : root_(root), project_(project), context_(context) {}

  void read() {
    EnvironmentSpec& spec = context_.spec();
    if (const TomlNode* name = project_.find("name")) spec.name = expect_string(*name, "name").text;
    refuse_dynamic();
    if (const TomlNode* python = project_.find("requires-python")) {
      spec.python = Requirement{expect_string(*python, "requires-python").text, python->place};
    }
    if (const TomlNode* list = project_.find("dependencies")) add_all(*list, "dependencies");
    for (const std::string& extra : context_.reading().extras) add_extra(extra, project_.place);
    for (const std::string& group : context_.reading().groups) add_group(group, project_.place);
    if (const TomlNode* sources = root_.find({"tool", "uv", "sources"})) {
      context_.warn(sources->place, "section-not-taken",
                    "`tool.uv.sources` is not taken up: packages come from the indexes");
    }
  }

 private:
  void refuse_dynamic() const {
    const TomlNode* dynamic = project_.find("dynamic");
    if (dynamic == nullptr) return;
    for (const TomlNode& item : expect_array(*dynamic, "dynamic").items) {
      if (item.text != "dependencies") continue;
      throw Error(ErrorKind::kRefused, "the dependencies are known only once the project is built")
          .hint("write them into `[project]`, or name the requirements file instead")
          .at(item.place);
    }
  }

  void add_all(const TomlNode& list, std::string_view name) {
    for (const TomlNode& item : expect_array(list, name).items) add(expect_string(item, name));
  }

  /// `project[extra]` among the project's own extras stands for that extra.
  void add(const TomlNode& item) {
    const EnvironmentSpec& spec = context_.spec();
    if (spec.name && !is_pip_location(item.text)) {
      const std::string_view head =
          trim(std::string_view(item.text).substr(0, item.text.find_first_of("[=<>!~;@ ")));
      if (pypi::normalise_name(head) == pypi::normalise_name(*spec.name)) {
        for (const std::string& extra : PipRequirementText::parse(item.text).extras) {
          add_extra(extra, item.place);
        }
        return;
      }
    }
    add_pip_string(item, item.text, context_);
  }

  void add_extra(const std::string& extra, const SourcePlace& place) {
    if (!extras_.insert(pypi::normalise_name(extra)).second) return;
    const TomlNode* extras = project_.find("optional-dependencies");
    const TomlNode* list = extras == nullptr ? nullptr : find_named(*extras, extra);
    if (list == nullptr) throw unknown_name(extras, "extra", extra, place);
    add_all(*list, extra);
  }

  void add_group(const std::string& group, const SourcePlace& place) {
    if (!groups_.insert(pypi::normalise_name(group)).second) return;
    const TomlNode* groups = root_.find("dependency-groups");
    const TomlNode* list = groups == nullptr ? nullptr : find_named(*groups, group);
    if (list == nullptr) throw unknown_name(groups, "dependency group", group, place);
    for (const TomlNode& item : expect_array(*list, group).items) {
      const TomlNode* included = item.find("include-group");
      if (included != nullptr) {
        add_group(expect_string(*included, "include-group").text, included->place);
      } else {
        add(expect_string(item, group));
      }
    }
  }

  const TomlNode& root_;
  const TomlNode& project_;
  ReadingContext& context_;
  std::set<std::string> extras_;
  std::set<std::string> groups_;
};

}  // namespace

void read_pyproject(const TomlNode& root, ReadingContext& context) {
  const TomlNode* project = root.find("project");
  if (project != nullptr) {
    Reader(root, expect_table(*project, "project"), context).read();
    return;
  }
  const TomlNode* poetry = root.find({"tool", "poetry"});
  if (poetry != nullptr) {
    throw Error(ErrorKind::kRefused, "expected `[project]`, found Poetry's own form")
        .hint("move the dependencies to `[project]`, which Poetry 2 reads too")
        .at(poetry->place);
  }
  throw error_at(root.place, "expected `[project]` in a pyproject.toml");
}

void add_pip_string(const TomlNode& node, const std::string& text, ReadingContext& context) {
  try {
    PipRequirementText::parse(text);
  } catch (Error& error) {
    throw std::move(error).at(node.place);
  }
  PipRequirement requirement;
  requirement.text = text;
  requirement.place = node.place;
  context.spec().pip.push_back(std::move(requirement));
}

}  // namespace kasane::resolver
