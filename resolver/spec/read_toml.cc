#include "resolver/spec/read_toml.h"

#include <string>

#include "resolver/spec/pixi.h"
#include "resolver/spec/pyproject.h"
#include "resolver/spec/spec_template.h"
#include "resolver/spec/toml_document.h"

namespace kasane::resolver {

void read_toml(const SpecText& text, ReadingContext& context) {
  refuse_templates(text);
  const TomlNode root = parse_toml(text);
  EnvironmentSpec& spec = context.spec();
  if (root.find("lock-version") != nullptr) {
    take_lock(text, "pylock", context);
    return;
  }
  if (root.find("package") != nullptr && root.find("package")->is_array()) {
    throw Error(ErrorKind::kRefused, "expected a specification, found the lock of another tool")
        .hint("export it as a `pylock.toml` or a requirements file")
        .at(text.place(1));
  }
  const TomlNode* inner = root.find({"tool", "pixi"});
  if (is_pixi(root)) {
    spec.kind = "pixi";
    read_pixi(root, context);
  } else if (inner != nullptr && is_pixi(*inner)) {
    spec.kind = "pixi";
    if (root.find("project") != nullptr) read_pyproject(root, context);
    read_pixi(*inner, context);
  } else if (root.find("project") != nullptr || root.find("tool") != nullptr ||
             root.find("build-system") != nullptr) {
    spec.kind = "pyproject";
    read_pyproject(root, context);
  } else {
    throw error_at(text.place(1), "the tables of this file are those of no specification")
        .hint("a pyproject.toml has `[project]`, a pixi.toml has `[workspace]`");
  }
}

void take_lock(const SpecText& text, std::string kind, ReadingContext& context) {
  std::string unix(text.text());
  std::erase(unix, '\r');
  context.spec().kind = std::move(kind);
  context.spec().lock = Digest::of(unix);
}

}  // namespace kasane::resolver
