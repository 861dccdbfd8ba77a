#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "resolver/spec/environment_spec.h"

namespace kasane::resolver {

/// The error of a reader of `text`, which was made of `requirement`, at its place in the file: with
/// the column, where the text stands there as it is.
Error at_its_place(const Error& error, const Requirement& requirement, std::string_view text);

/// `environment.yml:7`, or nothing where nobody can say.
std::string brief_place(const SourcePlace& place);

}  // namespace kasane::resolver
