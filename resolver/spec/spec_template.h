#pragma once

#include <map>
#include <string>

#include "resolver/spec/spec_text.h"
#include "resolver/spec/yaml_node.h"

namespace kasane::resolver {

/// The text with each `{{NAME}}` replaced that `settings` knows, but not in comments, and not
/// `${{…}}`, which is an expression of Azure ML. Lines stay the same; columns after a filled place
/// are those of the filled text.
SpecText fill_templates(const SpecText& text, const std::map<std::string, std::string>& settings);

/// Throws at the first `{{NAME}}` or `{% … %}` that is left outside of comments.
void refuse_templates(const SpecText& text);
/// The same for the scalars below a node.
void refuse_templates(const SpecText& text, const YamlNode& node);

}  // namespace kasane::resolver
