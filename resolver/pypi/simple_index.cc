#include "resolver/pypi/simple_index.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>
#include <simdjson.h>

#include "base/archive/entry_path.h"
#include "base/error.h"
#include "base/text.h"
#include "base/utf8.h"
#include "resolver/pypi/html_links.h"

namespace kasane::resolver::pypi {
namespace {

namespace dom = simdjson::dom;

bool is_hex(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

/// An absolute URL with nothing in it that would have to be looked at: most of an index are such.
bool is_plain_web_url(std::string_view text) {
  if (!text.starts_with("https://") && !text.starts_with("http://")) return false;
  const std::string_view path = text.substr(text.find("//") + 2);
  return path.find('/') != std::string_view::npos && path.front() != '/' &&
         text.find("/.") == std::string_view::npos &&
         std::all_of(path.begin(), path.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  std::string_view("/-._~%+!=&?,").find(c) != std::string_view::npos;
         });
}

/// Sets the URL of a file: `reference` in the page at `base`, without what must not be seen.
bool set_url(std::string_view reference, const Url& base, IndexFile& file) {
  reference = reference.substr(0, reference.find('#'));
  if (reference.empty()) return false;
  try {
    if (is_plain_web_url(reference)) {
      file.url = reference;
      return true;
    }
    const Url url = base.resolve(reference);
    file.url = url.render();
    file.user_info = url.user_info();
    return true;
  } catch (const Error&) {
    return false;
  }
}

void add_hash(std::string_view algorithm, std::string_view hex, IndexFile& file) {
  std::string digits = lower(hex);
  if (is_hex(digits)) file.hashes.emplace(lower(algorithm), std::move(digits));
}

/// The metadata attribute of PEP 714: `true`, or `sha256=HEX`.
void set_metadata(std::string_view text, IndexFile& file) {
  if (text.empty() || text == "false") return;
  file.has_metadata = true;
  if (text.starts_with("sha256=")) file.metadata_sha256 = Digest::find_hex(lower(text.substr(7)));
}

void check_version(std::string_view version) {
  const std::string_view major = version.substr(0, version.find('.'));
  if (major.empty() || major == "1") return;
  throw Error(ErrorKind::kNetwork,
              fmt::format("the index speaks version `{}` of the simple API, expected `1`",
                          printable_name(version)));
}

/// Takes one file out of the JSON page; what is of another type than expected counts as not there.
class JsonFileReader {
 public:
  JsonFileReader(const Url& base, dom::object object) : base_(base), object_(object) {}

  std::optional<IndexFile> read() {
    IndexFile file;
    const auto name = text("filename");
    const auto url = text("url");
    if (!name || !url || !set_url(*url, base_, file)) return std::nullopt;
    file.name = *name;
    read_hashes(file);
    if (const auto python = text("requires-python"); python && !python->empty()) {
      file.requires_python = *python;
    }
    read_yanked(file);
    // PEP 714: the second name is what older servers say.
    if (!read_metadata("core-metadata", file)) read_metadata("dist-info-metadata", file);
    std::uint64_t size = 0;
    if (object_["size"].get(size) == simdjson::SUCCESS) file.size_bytes = size;
    if (const auto time = text("upload-time")) file.uploaded = find_upload_time(*time);
    return file;
  }

 private:
  std::optional<std::string_view> text(std::string_view key) const {
    std::string_view value;
    if (object_[key].get(value) != simdjson::SUCCESS) return std::nullopt;
    return value;
  }

  void read_hashes(IndexFile& file) const {
    dom::object hashes;
    if (object_["hashes"].get(hashes) != simdjson::SUCCESS) return;
    for (const auto& [algorithm, value] : hashes) {
      std::string_view hex;
      if (value.get(hex) == simdjson::SUCCESS) add_hash(algorithm, hex, file);
    }
  }

  void read_yanked(IndexFile& file) const {
    bool yanked = false;
    if (const auto reason = text("yanked")) {
      file.yanked = *reason;
    } else if (object_["yanked"].get(yanked) == simdjson::SUCCESS && yanked) {
      file.yanked = "";
    }
  }

  bool read_metadata(std::string_view key, IndexFile& file) const {
    dom::element value;
    if (object_[key].get(value) != simdjson::SUCCESS) return false;
    bool there = false;
    dom::object hashes;
    if (value.get(there) == simdjson::SUCCESS) {
      file.has_metadata = there;
    } else if (value.get(hashes) == simdjson::SUCCESS) {
      file.has_metadata = true;
      std::string_view hex;
      if (hashes["sha256"].get(hex) == simdjson::SUCCESS) {
        file.metadata_sha256 = Digest::find_hex(lower(hex));
      }
    }
    return true;
  }

  const Url& base_;
  dom::object object_;
};

[[noreturn]] void refuse_json(std::string_view text, std::string_view why) {
  const std::size_t start = text.find_first_not_of(" \t\r\n");
  if (start != std::string_view::npos && text[start] == '<') why = "it is HTML";
  throw Error(ErrorKind::kNetwork,
              fmt::format("expected the page of a project as JSON (PEP 691): {}", why));
}

std::optional<IndexFile> read_html_file(const HtmlLink& link, const Url& base) {
  const auto href = link.find("href");
  IndexFile file;
  if (!href || !set_url(*href, base, file)) return std::nullopt;
  file.name = file_name_of_url(file.url);
  if (file.name.empty()) return std::nullopt;
  std::string_view fragment = *href;
  fragment.remove_prefix(std::min(fragment.find('#'), fragment.size()));
  while (!fragment.empty()) {
    fragment.remove_prefix(1);
    const std::string_view field = fragment.substr(0, fragment.find('&'));
    const std::size_t equals = field.find('=');
    if (equals != std::string_view::npos) {
      add_hash(field.substr(0, equals), field.substr(equals + 1), file);
    }
    fragment.remove_prefix(field.size());
  }
  if (const auto python = link.find("data-requires-python"); python && !python->empty()) {
    file.requires_python = *python;
  }
  if (const auto yanked = link.find("data-yanked")) file.yanked = *yanked;
  const auto metadata = link.find("data-core-metadata");
  set_metadata(metadata ? *metadata : link.find("data-dist-info-metadata").value_or(""), file);
  return file;
}

}  // namespace

std::optional<Digest> IndexFile::sha256() const {
  const auto found = hashes.find("sha256");
  return found == hashes.end() ? std::nullopt : Digest::find_hex(found->second);
}

IndexPage parse_json_page(std::string_view text, const Url& url) {
  dom::parser parser;
  dom::object page;
  const auto failure = parser.parse(text.data(), text.size()).get(page);
  if (failure != simdjson::SUCCESS) refuse_json(text, simdjson::error_message(failure));
  std::string_view version;
  if (page["meta"]["api-version"].get(version) == simdjson::SUCCESS) check_version(version);
  dom::array files;
  if (page["files"].get(files) != simdjson::SUCCESS) refuse_json(text, "it has no list `files`");
  IndexPage out;
  for (const dom::element element : files) {
    dom::object object;
    if (element.get(object) != simdjson::SUCCESS) continue;
    if (auto file = JsonFileReader(url, object).read()) out.files.push_back(std::move(*file));
  }
  std::string_view status;
  if (page["project-status"]["status"].get(status) == simdjson::SUCCESS) out.status = status;
  return out;
}

IndexPage parse_html_page(std::string_view text, const Url& url) {
  const HtmlLinks html = HtmlLinks::parse(text);
  const auto meta = [&](std::string_view name) {
    const auto found = html.meta.find(name);
    return found == html.meta.end() ? std::string() : found->second;
  };
  check_version(meta("pypi:repository-version"));
  const Url base = html.base ? url.resolve(*html.base) : url;
  IndexPage out;
  out.status = lower(meta("pypi:project-status"));
  for (const HtmlLink& link : html.links) {
    if (auto file = read_html_file(link, base)) out.files.push_back(std::move(*file));
  }
  return out;
}

std::string file_name_of_url(std::string_view url) {
  url = url.substr(0, url.find_first_of("?#"));
  url.remove_prefix(url.rfind('/') + 1);
  std::string out;
  for (std::size_t i = 0; i < url.size(); ++i) {
    unsigned value = 0;
    const char* digits = url.data() + i + 1;
    if (url[i] == '%' && i + 2 < url.size() &&
        std::from_chars(digits, digits + 2, value, 16).ptr == digits + 2) {
      out += static_cast<char>(value);
      i += 2;
    } else {
      out += url[i];
    }
  }
  const bool plain = is_utf8(out) && out.find('/') == std::string::npos &&
                     std::none_of(out.begin(), out.end(), [](char c) {
                       return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
                     });
  return plain ? out : std::string();
}

}  // namespace kasane::resolver::pypi
