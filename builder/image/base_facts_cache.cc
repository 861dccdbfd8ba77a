#include "builder/image/base_facts_cache.h"

#include <fmt/format.h>

#include "base/error.h"

namespace kasane::builder {

cache::Key base_facts_key(const registry::ImageSource& image, std::string_view prefix) {
  std::string inputs(prefix);
  for (const DiffId& layer : image.config().diff_ids()) inputs += " " + layer.render();
  return cache::Key::of("base-facts", inputs);
}

BaseFacts read_kept_base_facts(const registry::ImageSource& image, std::string_view prefix,
                               cache::Cache& cache) {
  const auto outcome = cache.find_or_make(base_facts_key(image, prefix), [&] {
    return in_context(
        [&] { return fmt::format("while reading the base `{}`", image.reference()); },
        [&] {
          return cache::Outcome{read_base_facts(image, prefix.substr(1)).render(), {}};
        });
  });
  return BaseFacts::parse(outcome.value);
}

BaseFacts find_base_facts(const BaseImage& base, std::string_view prefix, cache::Cache& cache) {
  if (base.image == nullptr) return {};
  BaseFacts facts = read_kept_base_facts(*base.image, prefix, cache);
  if (facts.prefix_in_use) {
    throw Error(ErrorKind::kRefused, fmt::format("the base `{}` has something at `{}` already",
                                                 base.image->reference(), prefix))
        .hint("choose another place with `--prefix`, or another base");
  }
  return facts;
}

}  // namespace kasane::builder
