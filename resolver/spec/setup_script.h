#pragma once

#include "resolver/spec/reading_context.h"
#include "resolver/spec/yaml_node.h"

namespace kasane::resolver {

/// Whether a text is a script of a shell, or a list of its commands.
bool is_setup_script(const SpecText& text);

/// Takes up what the `pip install` and `conda install` lines of a script install. All else is left
/// to the script, which goes on to run; an install that only runs under a condition is told. A
/// script that installs nothing is an Error.
void read_setup_script(const SpecText& text, ReadingContext& context);

/// The same of a job's `command`, which need not install anything.
void read_job_command(const SpecText& text, const YamlNode& command, ReadingContext& context);

}  // namespace kasane::resolver
