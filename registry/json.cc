#include "registry/json.h"

#include <algorithm>
#include <limits>
#include <unordered_set>
#include <vector>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "registry/media_type.h"

namespace kasane::registry {
namespace {

constexpr int kDepthLimit = 64;
/// ordered_json finds keys one by one: unbounded objects would take quadratic time.
constexpr std::size_t kKeyLimit = 4096;

Error damaged(std::string message) { return Error(ErrorKind::kIntegrity, std::move(message)); }

/// Watches the parser's events for what nlohmann lets through.
class StrictWatch {
 public:
  explicit StrictWatch(std::string_view what) : what_(what) {}

  bool operator()(int depth, Json::parse_event_t event, Json& value) {
    using Event = Json::parse_event_t;
    if (depth > kDepthLimit) {
      throw damaged(fmt::format("{} is nested more than {} levels deep", what_, kDepthLimit));
    }
    if (event == Event::object_start) keys_.emplace_back();
    if (event == Event::object_end) keys_.pop_back();
    if (event == Event::key) add_key(value.get_ref<const std::string&>());
    return true;
  }

 private:
  void add_key(const std::string& key) {
    if (!keys_.back().insert(key).second) {
      throw damaged(fmt::format("{} has the key `{}` twice in one object", what_, key));
    }
    if (keys_.back().size() > kKeyLimit) {
      throw damaged(fmt::format("{} has more than {} keys in one object", what_, kKeyLimit));
    }
  }

  std::string_view what_;
  std::vector<std::unordered_set<std::string>> keys_;
};

bool equal_ignoring_case(std::string_view left, std::string_view right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](char a, char b) { return lower(a) == lower(b); });
}

Error wrong_type(std::string_view what, std::string_view key, std::string_view expected,
                 const Json& found) {
  const std::string_view type = found.type_name();
  return damaged(fmt::format("{} has {} {} for `{}`, expected {}", what,
                             type == "object" || type == "array" ? "an" : "a", type, key,
                             expected));
}

}  // namespace

Json parse_document(std::string_view text, std::string_view what) {
  if (text.size() > kDocumentLimit) {
    throw Error(ErrorKind::kRefused, fmt::format("{} is {} bytes large, more than {} are refused",
                                                 what, text.size(), kDocumentLimit));
  }
  try {
    StrictWatch watch(what);
    return Json::parse(text.begin(), text.end(), std::ref(watch));
  } catch (const nlohmann::json::parse_error& error) {
    throw damaged(fmt::format("{} is no valid JSON at byte {}", what, error.byte));
  } catch (const nlohmann::json::exception&) {
    throw damaged(fmt::format("{} is no valid JSON", what));
  }
}

Json parse_object(std::string_view text, std::string_view what) {
  Json out = parse_document(text, what);
  if (out.is_object()) return out;
  throw damaged(fmt::format("{} is a JSON {}, expected an object", what, out.type_name()));
}

const Json& require_field(const Json& object, const char* key, std::string_view what) {
  const auto found = object.find(key);
  if (found == object.end()) throw damaged(fmt::format("{} has no `{}`", what, key));
  return *found;
}

std::string require_string(const Json& object, const char* key, std::string_view what) {
  const Json& value = require_field(object, key, what);
  if (!value.is_string()) throw wrong_type(what, key, "a string", value);
  return value.get<std::string>();
}

std::uint64_t require_size(const Json& object, const char* key, std::string_view what) {
  const Json& value = require_field(object, key, what);
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (!value.is_number_unsigned() || value.get<std::uint64_t>() > kMost) {
    throw damaged(fmt::format(
        "{} has `{}` as `{}`, expected a size in bytes", what,
        value.dump(-1, ' ', false, Json::error_handler_t::replace).substr(0, 100), key));
  }
  return value.get<std::uint64_t>();
}

const Json& require_array(const Json& object, const char* key, std::string_view what) {
  const Json& value = require_field(object, key, what);
  if (!value.is_array()) throw wrong_type(what, key, "an array", value);
  return value;
}

std::string optional_string(const Json& object, const char* key, std::string_view what) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return {};
  if (!found->is_string()) throw wrong_type(what, key, "a string", *found);
  return found->get<std::string>();
}

std::map<std::string, std::string> optional_string_map(const Json& object, const char* key,
                                                       std::string_view what) {
  std::map<std::string, std::string> out;
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return out;
  if (!found->is_object()) throw wrong_type(what, key, "an object", *found);
  for (const auto& item : found->items()) {
    if (!item.value().is_string())
      throw wrong_type(what, key, "an object of strings", item.value());
    out.emplace(item.key(), item.value().get<std::string>());
  }
  return out;
}

void refuse_other_case(const Json& object, std::initializer_list<std::string_view> names,
                       std::string_view what) {
  for (const auto& item : object.items()) {
    for (const std::string_view name : names) {
      if (item.key() != name && equal_ignoring_case(item.key(), name)) {
        throw damaged(fmt::format("{} has the key `{}`, which some tools read as `{}`", what,
                                  item.key(), name));
      }
    }
  }
}

Descriptor read_descriptor(const Json& object, std::string_view what) {
  if (!object.is_object()) {
    throw damaged(fmt::format("{} is a JSON {}, expected an object", what, object.type_name()));
  }
  refuse_other_case(object, {"mediaType", "digest", "size", "urls", "platform", "annotations"},
                    what);
  const auto digest =
      in_context([&] { return fmt::format("in the digest of {}", what); },
                 [&] { return Digest::parse(require_string(object, "digest", what)); });
  Descriptor out{require_string(object, "mediaType", what), digest,
                 require_size(object, "size", what),
                 optional_string_map(object, "annotations", what)};
  const auto urls = object.find("urls");
  const bool elsewhere = urls != object.end() && !urls->empty();
  if (elsewhere || media_type::is_foreign_layer(out.media_type)) {
    throw Error(ErrorKind::kRefused,
                fmt::format("{} `{}` is a foreign layer: its bytes are not part of the image", what,
                            digest.render()))
        .hint("use a base image all of whose layers are in its registry");
  }
  return out;
}

Json write_descriptor(const Descriptor& descriptor) {
  Json out = Json::object();
  out["mediaType"] = descriptor.media_type;
  out["digest"] = descriptor.digest.render();
  out["size"] = descriptor.size_bytes;
  if (!descriptor.annotations.empty()) out["annotations"] = descriptor.annotations;
  return out;
}

std::string render_json(const Json& document, std::string_view what) {
  try {
    return document.dump();
  } catch (const nlohmann::json::exception&) {
    throw Error(ErrorKind::kFailed, fmt::format("{} would hold text that is not UTF-8", what));
  }
}

}  // namespace kasane::registry
