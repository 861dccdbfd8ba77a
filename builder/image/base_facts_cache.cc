#include "builder/image/base_facts_cache.h"

#include <fmt/format.h>

#include "base/error.h"

namespace kasane::builder {

cache::Key base_facts_key(const registry::ImageSource& image, std::string_view prefix) {
  std::string inputs(prefix);
  for (const DiffId& layer : image.config().diff_ids()) inputs += " " + layer.render();
  return cache::Key::of("base-facts", inputs);
}

BaseFacts find_base_facts(const BaseImage& base, std::string_view prefix, cache::Cache& cache) {
  if (base.image == nullptr) return {};
  const auto outcome = cache.find_or_make(base_facts_key(*base.image, prefix), [&] {
    return in_context(
        [&] { return fmt::format("while reading the base `{}`", base.image->reference()); },
        [&] {
          return cache::Outcome{read_base_facts(*base.image, prefix.substr(1)).render(), {}};
        });
  });
  BaseFacts facts = BaseFacts::parse(outcome.value);
  if (facts.prefix_in_use) {
    throw Error(ErrorKind::kRefused, fmt::format("the base `{}` has something at `{}` already",
                                                 base.image->reference(), prefix))
        .hint("choose another place with `--prefix`, or another base");
  }
  return facts;
}

}  // namespace kasane::builder
