#pragma once

#include <string_view>

#include "builder/image/base_facts.h"
#include "builder/image/image_assembly.h"
#include "cache/cache.h"

namespace kasane::builder {

/// Under which the facts of a base are kept.
cache::Key base_facts_key(const registry::ImageSource& image, std::string_view prefix);

/// What a build must know of an image to build on; read out of its layers once and then kept under
/// their digests. `prefix` is absolute.
BaseFacts read_kept_base_facts(const registry::ImageSource& image, std::string_view prefix,
                               cache::Cache& cache);

/// The same of a build's base, or of none. A base that has something at the prefix already is an
/// Error of kind kRefused.
BaseFacts find_base_facts(const BaseImage& base, std::string_view prefix, cache::Cache& cache);

}  // namespace kasane::builder
