#include "builder/image/layer_merge.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"
#include "builder/image/flatten_listing.h"
#include "tests/support/memory_image.h"
#include "tests/support/tar_builder.h"

namespace kasane::builder {
namespace {

using test::TarBuilder;
using test::TarMember;
using testing::MemoryImage;
using testing::TestLayer;

/// A layer in a line of words: `d/` is a directory, `f=text` a file, `l->x` a symbolic link, `h=>x`
/// a hard link, `p|` a fifo.
std::string tar_of(const std::string& words) {
  TarBuilder tar;
  std::size_t begin = 0;
  while (begin < words.size()) {
    const std::size_t end = std::min(words.find(' ', begin), words.size());
    const std::string word = words.substr(begin, end - begin);
    begin = end + 1;
    const std::size_t soft = word.find("->");
    const std::size_t hard = word.find("=>");
    const std::size_t equals = word.find('=');
    if (soft != std::string::npos) {
      tar.add({.path = word.substr(0, soft), .type = '2', .link_target = word.substr(soft + 2)});
    } else if (hard != std::string::npos) {
      tar.add({.path = word.substr(0, hard), .type = '1', .link_target = word.substr(hard + 2)});
    } else if (equals != std::string::npos) {
      tar.add({.path = word.substr(0, equals), .content = word.substr(equals + 1)});
    } else if (word.ends_with('/')) {
      tar.add({.path = word, .type = '5', .mode = 0750});
    } else if (word.ends_with('|')) {
      tar.add({.path = word.substr(0, word.size() - 1), .type = '6'});
    } else {
      tar.add({.path = word});
    }
  }
  return tar.finish();
}

MemoryImage image_of(const std::vector<std::string>& layers) {
  std::vector<std::string> tars;
  for (const std::string& words : layers) tars.push_back(tar_of(words));
  return MemoryImage::of(tars);
}

/// The listing in the same words, with the length of files in place of their text.
std::string flat(const std::vector<std::string>& layers) {
  std::string out;
  for (const ListingEntry& entry : flatten_listing(image_of(layers))) {
    if (!out.empty()) out += ' ';
    out += entry.path;
    using Type = TarEntry::Type;
    if (entry.type == Type::kDirectory) out += entry.mode == 0750 ? "/" : "/implied";
    if (entry.type == Type::kSymlink) out += "->" + entry.target;
    if (entry.type == Type::kFile) out += "=" + std::to_string(entry.size_bytes);
    if (entry.type == Type::kFifo) out += "|";
    if (!entry.linked_to.empty()) out += "[" + entry.linked_to + "]";
  }
  return out;
}

struct MergeCase {
  const char* name;
  std::vector<std::string> layers;
  const char* expected;
};

TEST(LayerMerge, LaysLayersOverEachOther) {
  const std::vector<MergeCase> cases = {
      {"nothing", {""}, ""},
      {"one layer", {"d/ d/f=abc l->d p|"}, "d/ d/f=3 l->d p|"},
      {"parents are implied", {"a/b/f=1"}, "a/implied a/b/implied a/b/f=1"},
      {"names are normalised", {"./a/ /a//b=1 ./"}, "a/ a/b=1"},
      {"a file replaces a file", {"f=1", "f=22"}, "f=2"},
      {"a file replaces a directory", {"d/ d/f=1", "d=22"}, "d=2"},
      {"a directory replaces a file", {"d=1", "d/ d/f=1"}, "d/ d/f=1"},
      {"a directory replaces a link", {"e/ e/f=1 d->e", "d/ d/g=1"}, "d/ d/g=1 e/ e/f=1"},
      {"a directory stays with its content", {"d/ d/f=1", "d/"}, "d/ d/f=1"},
      {"a link replaces a directory", {"d/ d/f=1", "d->x"}, "d->x"},
      {"the later of two in a layer wins", {"f=1 f=22"}, "f=2"},
      {"a whiteout removes", {"d/ d/f=1 d/g=1", "d/.wh.f="}, "d/ d/g=1"},
      {"a whiteout removes a whole directory", {"d/ d/e/ d/e/f=1 x=1", ".wh.d="}, "x=1"},
      {"a whiteout of nothing does nothing", {"a=1", ".wh.b= c/.wh.d="}, "a=1"},
      {"a whiteout spares its own layer", {"d/ d/f=1", ".wh.d= d/ d/g=1"}, "d/ d/g=1"},
      {"also where it comes last", {"d/ d/f=1", "d/ d/g=1 .wh.d="}, "d/ d/g=1"},
      {"a file of its own layer stays", {"f=1", "f=22 .wh.f="}, "f=2"},
      {"an opaque whiteout empties",
       {"d/ d/f=1 d/e/ d/e/g=1", "d/ d/.wh..wh..opq= d/h=1"},
       "d/ d/h=1"},
      {"also where it comes last",
       {"d/ d/f=1 d/e/ d/e/g=1", "d/ d/e/h=1 d/.wh..wh..opq="},
       "d/ d/e/ d/e/h=1"},
      {"an opaque root", {"a=1 b/ b/c=1", ".wh..wh..opq= d=1"}, "d=1"},
      {"an opaque directory that is not there", {"a=1", "b/.wh..wh..opq="}, "a=1"},
      {"what AUFS kept is passed over", {"a=1", ".wh..wh.plnk/ .wh..wh.aufs="}, "a=1"},
      {"a parent that is a link is followed",
       {"usr/ usr/bin/ bin->usr/bin", "bin/f=1"},
       "bin->usr/bin usr/ usr/bin/ usr/bin/f=1"},
      {"an absolute link starts at the root",
       {"a/ a/b/ a/l->/a/b", "a/l/f=1"},
       "a/ a/b/ a/b/f=1 a/l->/a/b"},
      {"a link cannot leave the root",
       {"l->../../../etc", "l/f=1"},
       "etc/implied etc/f=1 l->../../../etc"},
      {"a whiteout follows its parent", {"d/ d/f=1 l->d", "l/.wh.f="}, "d/ l->d"},
      {"a whiteout removes a link itself", {"d/ d/f=1 l->d", ".wh.l="}, "d/ d/f=1"},
      {"a hard link shares the file", {"a=1 b=>a"}, "a=1[a] b=1[a]"},
      {"a hard link across layers", {"d/ d/a=1", "b=>d/a"}, "b=1[b] d/ d/a=1[b]"},
      {"a hard link with slashes", {"a=1 b=>./a c=>/a"}, "a=1[a] b=1[a] c=1[a]"},
      {"a hard link through a link", {"d/ d/a=1 l->d b=>l/a"}, "b=1[b] d/ d/a=1[b] l->d"},
      {"a hard link to a symbolic link", {"l->x b=>l"}, "b->x[b] l->x[b]"},
      {"a replaced name leaves the others", {"a=1 b=>a", "a=22"}, "a=2 b=1"},
      {"a hard link to itself", {"a=1", "a=>a"}, "a=1"},
      {"a hard link replaces a file", {"a=1 b=22", "b=>a"}, "a=1[a] b=1[a]"},
  };
  for (const MergeCase& item : cases) EXPECT_EQ(flat(item.layers), item.expected) << item.name;
}

struct FailCase {
  const char* name;
  std::vector<std::string> layers;
  ErrorKind kind;
  const char* message;
  const char* entry;
};

TEST(LayerMerge, RefusesWhatWouldReachOut) {
  std::string circle = "a/ a/b->../c c->a/b";
  const std::vector<FailCase> cases = {
      {"dot dot",
       {"../f=1"},
       ErrorKind::kRefused,
       "the name leads out of the image by `..`",
       "../f"},
      {"dot dot within",
       {"a/../f=1"},
       ErrorKind::kRefused,
       "the name leads out of the image by `..`",
       "a/../f"},
      {"whiteout of dot dot",
       {"a/.wh..="},
       ErrorKind::kRefused,
       "the whiteout names no file of its directory",
       "a/.wh.."},
      {"whiteout of the parent",
       {"a/.wh...="},
       ErrorKind::kRefused,
       "the whiteout names no file of its directory",
       "a/.wh..."},
      {"whiteout of nothing",
       {".wh.="},
       ErrorKind::kRefused,
       "the whiteout names no file of its directory",
       ".wh."},
      {"hard link out",
       {"a=>../etc/passwd"},
       ErrorKind::kRefused,
       "the hard link's target leads out of the image by `..`",
       "a"},
      {"hard link to nothing",
       {"a=>/etc/passwd"},
       ErrorKind::kIntegrity,
       "the hard link's target `/etc/passwd` is missing",
       "a"},
      {"hard link through a link out",
       {"l->/../../etc a=>l/passwd"},
       ErrorKind::kIntegrity,
       "the hard link's target `l/passwd` is missing",
       "a"},
      {"hard link to a directory",
       {"d/ a=>d"},
       ErrorKind::kRefused,
       "the hard link's target `d` is a directory",
       "a"},
      {"hard link over its target",
       {"d/ d/f=1 d=>d/f"},
       ErrorKind::kIntegrity,
       "the hard link takes the place of its target `d/f`",
       "d"},
      {"below a file",
       {"f=1 f/g=1"},
       ErrorKind::kIntegrity,
       "`f` would have to be a directory, it is not one",
       "f/g"},
      {"links in a circle",
       {circle, "c/f=1"},
       ErrorKind::kRefused,
       "too many symbolic links on the way to `a/b`",
       "c/f"},
  };
  for (const FailCase& item : cases) {
    const auto image = image_of(item.layers);
    try {
      flatten_listing(image);
      ADD_FAILURE() << item.name;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), item.kind) << item.name;
      EXPECT_EQ(error.message(), item.message) << item.name;
      ASSERT_EQ(error.contexts().size(), 2U) << item.name;
      EXPECT_EQ(error.contexts()[0], std::string("at the entry `") + item.entry + "`");
      EXPECT_EQ(error.contexts()[1], "in layer " + std::to_string(item.layers.size()) + " (`" +
                                         image.manifest().layers.back().digest.render() +
                                         "`) of `memory:image`");
    }
  }
}

TEST(LayerMerge, RefusesARootThatIsNoDirectory) {
  const auto image =
      MemoryImage::of({TarBuilder().add({.path = ".", .type = '2', .link_target = "/"}).finish()});
  try {
    flatten_listing(image);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.message(), "the image's root would be a symbolic link");
  }
}

TEST(LayerMerge, RefusesPathsThatGrowWithoutEnd) {
  // Each layer goes through a link into what the one before has made.
  std::string deep;
  for (int i = 0; i < 40; ++i) deep += "d/";
  std::vector<std::string> layers;
  for (int i = 0; i < 60; ++i) {
    layers.push_back("x" + std::to_string(i) + "->" +
                     (i == 0 ? "." : "x" + std::to_string(i - 1) + "/" + deep.substr(0, 60)));
  }
  std::string last = layers.back().substr(0, layers.back().find("->"));
  layers.push_back(last + "/" + deep + "f=1");
  EXPECT_NO_THROW(flatten_listing(image_of(layers)));
  const std::string name(200, 'n');
  TarBuilder tar;
  std::string path;
  for (int i = 0; i < 21; ++i) path += name + "/";
  tar.add_gnu_long('L', path.substr(0, 4000));
  tar.add({.path = "x", .type = '5'});
  tar.add_gnu_long('K', path.substr(0, 4000));
  tar.add({.path = "l", .type = '2'});
  tar.add({.path = "l/l/" + std::string(90, 'a'), .type = '5'});
  tar.add({.path = "l/" + std::string(96, 'b'), .type = '5'});
  try {
    flatten_listing(MemoryImage::of({tar.finish()}));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kRefused);
    EXPECT_TRUE(error.message().ends_with("is longer than 4095 bytes")) << error.message();
  }
}

TEST(LayerMerge, ReadsTarsWithoutTheirEnd) {
  for (const std::size_t size : {3, 512}) {
    const std::string tar =
        TarBuilder().add({.path = "f", .content = std::string(size, 'x')}).open_end();
    for (const Codec codec : {Codec::kNone, Codec::kGzip}) {
      // Without the marker, and without the padding too.
      EXPECT_EQ(flatten_listing(MemoryImage({TestLayer{tar, codec}})).size(), 1U);
      EXPECT_EQ(flatten_listing(MemoryImage({TestLayer{tar.substr(0, 512 + size), codec}})).size(),
                1U);
    }
    EXPECT_THROW(flatten_listing(MemoryImage::of({tar.substr(0, 511)})), Error);
  }
  const std::string two =
      TarBuilder().add({.path = "f", .content = std::string(600, 'x')}).open_end();
  EXPECT_THROW(flatten_listing(MemoryImage::of({two.substr(0, 1000)})), Error);
}

TEST(LayerMerge, ChecksDigestsOfEachLayer) {
  const std::string tar = tar_of("a=1");
  for (const Codec codec : {Codec::kNone, Codec::kGzip, Codec::kZstd}) {
    EXPECT_EQ(flatten_listing(MemoryImage({TestLayer{tar, codec}})).size(), 1U);
    MemoryImage damaged({TestLayer{tar, codec}});
    damaged.stored(0).back() ^= 1;
    EXPECT_THROW(flatten_listing(damaged), Error);
    MemoryImage lying({TestLayer{tar, codec, {}, Digest::of("other")}});
    try {
      flatten_listing(lying);
      FAIL();
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kIntegrity);
      EXPECT_EQ(error.message(), "diff id mismatch for layer `" +
                                     lying.manifest().layers[0].digest.render() + "`: expected `" +
                                     Digest::of("other").render() + "`, got `" +
                                     Digest::of(tar).render() + "`");
    }
  }
}

TEST(FlattenListing, TellsAllThatIsPromised) {
  TarBuilder tar;
  tar.add({.path = "f", .content = "text", .mode = 04755, .mtime = 12});
  tar.add({.path = "l", .type = '2', .link_target = "f", .mode = 0777, .mtime = 13});
  const auto listing = flatten_listing(MemoryImage::of({tar.finish()}));
  ASSERT_EQ(listing.size(), 2U);
  EXPECT_EQ(listing[0].render(), "f file 4755 0:0 4 12 " + Digest::of("text").render());
  EXPECT_EQ(listing[1].render(), "l symbolic link 777 0:0 0 13 -> f");
}

}  // namespace
}  // namespace kasane::builder
