#include "builder/package/prefix_replacement.h"

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"

namespace kasane::builder {
namespace {

constexpr std::size_t kLimit = 1 << 20;
const std::string kPlaceholder = "/opt/anaconda1anaconda2anaconda3";

std::string in_text(const std::string& text, const std::string& prefix) {
  return replace_prefix_in_text(text, kPlaceholder, prefix, kLimit);
}

std::string in_binary(const std::string& bytes, const std::string& prefix, std::size_t piece,
                      const std::string& placeholder = kPlaceholder) {
  StringSink sink;
  BinaryPrefixReplacer replacer(placeholder, prefix, sink);
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    replacer.write(std::string_view(bytes).substr(at, piece));
  }
  replacer.finish();
  return sink.take();
}

std::string zeros(std::size_t count) { return std::string(count, '\0'); }

TEST(PrefixInText, ReplacesEveryOccurrence) {
  EXPECT_EQ(in_text("a=" + kPlaceholder + "/x:" + kPlaceholder + kPlaceholder, "/p"),
            "a=/p/x:/p/p");
  EXPECT_EQ(in_text("nothing here", "/p"), "nothing here");
  EXPECT_EQ(in_text("", "/p"), "");
  EXPECT_EQ(in_text(kPlaceholder, "/longer/than/the/placeholder/by/far/it/is"),
            "/longer/than/the/placeholder/by/far/it/is");
  EXPECT_EQ(in_text(std::string("x\0", 2) + kPlaceholder, "/p"), std::string("x\0/p", 4));
}

TEST(PrefixInText, KeepsAShebangThatTheKernelCanRead) {
  // `#!` + prefix + `/bin/python` of 127 characters in all.
  const std::string longest = "/" + std::string(127 - 2 - 11 - 1, 'p');
  EXPECT_EQ(in_text("#!" + kPlaceholder + "/bin/python\nx\n", longest),
            "#!" + longest + "/bin/python\nx\n");
  EXPECT_EQ(in_text("#!" + kPlaceholder + "/bin/python\nx\n", longest + "p"),
            "#!/usr/bin/env python\nx\n");
  EXPECT_EQ(in_text("#!" + kPlaceholder + "/bin/python -E\r\nx\n", longest),
            "#!/usr/bin/env python -E\r\nx\n");
  EXPECT_EQ(in_text("#!" + kPlaceholder + "/bin/perl", longest + "pppp"), "#!/usr/bin/env perl");
}

TEST(PrefixInText, TakesAShebangWithABlankInThePathAway) {
  EXPECT_EQ(in_text("#! " + kPlaceholder + "/bin/python3 -u\n", "/a b"),
            "#!/usr/bin/env python3 -u\n");
  EXPECT_EQ(in_text("#!/bin/sh\nexec " + kPlaceholder + "/x\n", "/a b"),
            "#!/bin/sh\nexec /a b/x\n");
  EXPECT_EQ(in_text("#!python " + kPlaceholder + "\n", "/a b"), "#!python /a b\n");
  EXPECT_EQ(in_text("\n#!" + kPlaceholder + "/bin/python\n", "/a b"), "\n#!/a b/bin/python\n");
}

TEST(PrefixInText, RefusesToGrowBeyondItsLimit) {
  try {
    replace_prefix_in_text("aaaa", "a", "0123456789", 39);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kRefused);
    EXPECT_EQ(error.message(),
              "a text would have 40 bytes with its prefix put in; at most 39 are supported");
  }
  EXPECT_EQ(replace_prefix_in_text("aaaa", "a", "0123456789", 40).size(), 40U);
}

TEST(PrefixInBinary, FillsEachStringUpToItsOldLength) {
  const std::string name = kPlaceholder;
  const std::string pad = zeros(name.size() - 2);
  for (const std::size_t piece : {1, 2, 31, 32, 33, 1000}) {
    EXPECT_EQ(in_binary(std::string("x\0", 2) + name + "/lib" + '\0' + "next", "/p", piece),
              std::string("x\0", 2) + "/p/lib" + pad + '\0' + "next");
    EXPECT_EQ(in_binary("a" + name + ":" + name + "/b" + '\0' + "c", "/p", piece),
              "a/p:/p/b" + pad + pad + '\0' + "c");
    EXPECT_EQ(in_binary(name + '\0' + name + '\0', "/p", piece),
              "/p" + pad + '\0' + "/p" + pad + '\0');
    EXPECT_EQ(in_binary("no hit", "/p", piece), "no hit");
    EXPECT_EQ(in_binary("", "/p", piece), "");
  }
}

TEST(PrefixInBinary, FillsUpAStringThatTheEndCutsOff) {
  EXPECT_EQ(in_binary(kPlaceholder + "/x", "/p", 5), "/p/x" + zeros(kPlaceholder.size() - 2));
}

TEST(PrefixInBinary, TakesAPrefixOfTheSameLength) {
  const std::string prefix(kPlaceholder.size(), 'q');
  EXPECT_EQ(in_binary(kPlaceholder + "/x" + '\0' + "y", prefix, 3), prefix + "/x" + '\0' + "y");
}

/// The rule told once more, without pieces: string by string.
std::string replace_strings(const std::string& bytes, const std::string& placeholder,
                            const std::string& prefix) {
  std::string out;
  for (std::size_t at = 0; at <= bytes.size();) {
    const std::size_t end = std::min(bytes.find('\0', at), bytes.size());
    std::string text = bytes.substr(at, end - at);
    const std::size_t size = text.size();
    for (std::size_t hit = 0; (hit = text.find(placeholder, hit)) != std::string::npos;) {
      text.replace(hit, placeholder.size(), prefix);
      hit += prefix.size();
    }
    text.resize(size, '\0');
    out += text;
    if (end < bytes.size()) out += '\0';
    at = end + 1;
  }
  return out;
}

TEST(PrefixInBinary, AgreesWithTheRuleOnRandomBytesInRandomPieces) {
  std::mt19937 random(1);
  for (int round = 0; round < 3000; ++round) {
    std::string bytes;
    const std::size_t size = random() % 60;
    for (std::size_t i = 0; i < size; ++i) bytes += "aab\0"[random() % 4];
    const std::string placeholder = random() % 2 == 0 ? "aab" : "aa";
    const std::string prefix = std::string("xyz").substr(0, 1 + random() % placeholder.size());
    const std::size_t piece = 1 + random() % 9;
    EXPECT_EQ(in_binary(bytes, prefix, piece, placeholder),
              replace_strings(bytes, placeholder, prefix));
  }
}

}  // namespace
}  // namespace kasane::builder
