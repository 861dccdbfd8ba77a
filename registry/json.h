#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "registry/descriptor.h"

/// Strict reading of the small JSON documents of images. Included by source files only.
namespace kasane::registry {

using Json = nlohmann::ordered_json;

/// No manifest, index or configuration may be larger (registries set the same limit).
inline constexpr std::size_t kDocumentLimit = std::size_t{4} << 20;

/// A JSON value. A duplicate key, more than 64 levels or more than 4,096 keys in one object are an
/// Error of kind kIntegrity that names `what`; more than kDocumentLimit bytes one of kind kRefused.
Json parse_document(std::string_view text, std::string_view what);
/// The same; anything but an object is an Error of kind kIntegrity.
Json parse_object(std::string_view text, std::string_view what);

/// Fields of `object`, which is called `what` in errors of kind kIntegrity.
const Json& require_field(const Json& object, const char* key, std::string_view what);
std::string require_string(const Json& object, const char* key, std::string_view what);
std::uint64_t require_size(const Json& object, const char* key, std::string_view what);
const Json& require_array(const Json& object, const char* key, std::string_view what);
/// Empty when the field is missing or null.
std::string optional_string(const Json& object, const char* key, std::string_view what);
std::map<std::string, std::string> optional_string_map(const Json& object, const char* key,
                                                       std::string_view what);

/// Refuses a key that only differs in case from one of `names`: readers written in Go would take it
/// for that one, and see another document than we do.
void refuse_other_case(const Json& object, std::initializer_list<std::string_view> names,
                       std::string_view what);

Descriptor read_descriptor(const Json& object, std::string_view what);
Json write_descriptor(const Descriptor& descriptor);

/// The document in its one compact form. Text that is not UTF-8 is an Error of kind kFailed.
std::string render_json(const Json& document, std::string_view what);

}  // namespace kasane::registry
