#include "tests/support/wheel_builder.h"

#include <algorithm>

#include <openssl/evp.h>
#include <openssl/sha.h>

namespace kasane::testing {
namespace {

/// Written apart from the product's own, so that one checks the other.
std::string record_row(const ZipMember& member) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(member.content.data()), member.content.size(),
         digest);
  unsigned char text[64];
  const int length = EVP_EncodeBlock(text, digest, sizeof digest);
  std::string hash(reinterpret_cast<char*>(text), static_cast<std::size_t>(length));
  hash.erase(hash.find('='));
  for (char& c : hash) c = c == '+' ? '-' : c == '/' ? '_' : c;
  std::string name;
  for (const char c : member.name) name += c == '"' ? std::string("\"\"") : std::string(1, c);
  return "\"" + name + "\",sha256=" + hash + "," + std::to_string(member.content.size()) + "\n";
}

bool has(const std::vector<ZipMember>& members, const std::string& name) {
  return std::any_of(members.begin(), members.end(),
                     [&](const ZipMember& member) { return member.name == name; });
}

}  // namespace

std::string make_wheel(const WheelBlueprint& blueprint) {
  std::vector<ZipMember> members = blueprint.members;
  const auto add = [&](const std::string& name, const std::string& content) {
    const std::string path = blueprint.dist_info() + "/" + name;
    if (!has(members, path)) members.push_back({.name = path, .content = content, .method = 8});
  };
  add("METADATA", "Metadata-Version: 2.1\nName: " + blueprint.name +
                      "\nVersion: " + blueprint.version + "\n" + blueprint.extra_metadata +
                      "\nA description: not a header.\n");
  add("WHEEL", "Wheel-Version: " + blueprint.wheel_version +
                   "\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n");
  std::string record;
  for (const ZipMember& member : members) {
    if (!member.name.ends_with('/')) record += record_row(member);
  }
  add("RECORD", record + blueprint.dist_info() + "/RECORD,,\n");
  return make_zip(members);
}

}  // namespace kasane::testing
