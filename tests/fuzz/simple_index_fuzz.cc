#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "base/netrc.h"
#include "resolver/pypi/distribution_file.h"
#include "resolver/pypi/simple_index.h"

namespace {

using namespace kasane::resolver::pypi;

template <class Parse>
void try_to(const Parse& parse) {
  static const kasane::Url url = kasane::Url::parse("https://index.example/simple/demo/");
  try {
    for (const IndexFile& file : parse(url).files) {
      // A name is one part of a path, and a URL can be read again.
      if (file.url.empty()) std::abort();
      static_cast<void>(kasane::Url::parse(file.url));
      static_cast<void>(DistributionFile::find(file, "demo"));
      static_cast<void>(file.sha256());
    }
  } catch (const kasane::Error& error) {
    static_cast<void>(error.render());
  }
}

}  // namespace

/// Any bytes are a page or an Error; `{` begins JSON.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  if (text.starts_with('{')) {
    try_to([&](const kasane::Url& url) { return parse_json_page(text, url); });
  } else {
    try_to([&](const kasane::Url& url) { return parse_html_page(text, url); });
  }
  static_cast<void>(kasane::Netrc::parse(text).find("host"));
  return 0;
}
