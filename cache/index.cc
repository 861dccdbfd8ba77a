#include "cache/index.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "cache/sqlite.h"

namespace kasane::cache {
namespace {

/// "kasn", SQLite's mark of the program that a file belongs to.
constexpr std::int64_t kApplicationId = 0x6b61736e;
constexpr std::int64_t kSchemaVersion = 1;

constexpr const char* kSchema = R"(
CREATE TABLE blobs (digest BLOB PRIMARY KEY, size INTEGER NOT NULL, last_use INTEGER NOT NULL)
  WITHOUT ROWID;
CREATE TABLE outcomes (key BLOB PRIMARY KEY, value BLOB NOT NULL, blobs BLOB NOT NULL,
                       digest BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO counters VALUES ('bytes', 0), ('uses', 0);
CREATE TRIGGER blob_added AFTER INSERT ON blobs BEGIN
  UPDATE counters SET value = value + new.size WHERE name = 'bytes'; END;
CREATE TRIGGER blob_gone AFTER DELETE ON blobs BEGIN
  UPDATE counters SET value = value - old.size WHERE name = 'bytes'; END;
)";

constexpr std::size_t kReferenceSize = 32 + 8;

std::string_view as_bytes(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.raw().data()), digest.raw().size()};
}

std::optional<Digest> as_digest(std::string_view bytes) {
  Digest::Raw raw{};
  if (bytes.size() != raw.size()) return std::nullopt;
  std::copy(bytes.begin(), bytes.end(), raw.begin());
  return Digest(raw);
}

/// Digest and size of each blob, 40 bytes apiece, the size with its lowest byte first.
std::string encode_references(const Index::Remembered& remembered) {
  std::string out;
  out.reserve(kReferenceSize * remembered.sizes.size());
  for (std::size_t i = 0; i < remembered.sizes.size(); ++i) {
    out += as_bytes(remembered.outcome.blobs[i]);
    for (int shift = 0; shift < 64; shift += 8) {
      out += static_cast<char>(remembered.sizes[i] >> shift & 0xff);
    }
  }
  return out;
}

bool decode_references(std::string_view bytes, Index::Remembered& remembered) {
  if (bytes.size() % kReferenceSize != 0) return false;
  for (; !bytes.empty(); bytes.remove_prefix(kReferenceSize)) {
    remembered.outcome.blobs.push_back(*as_digest(bytes.substr(0, 32)));
    std::uint64_t size = 0;
    for (std::size_t i = 0; i < 8; ++i) {
      size |= std::uint64_t{static_cast<unsigned char>(bytes[32 + i])} << (8 * i);
    }
    remembered.sizes.push_back(size);
  }
  return true;
}

/// Tells a row that was damaged on disk from one that was written so.
Digest row_digest(std::string_view key, std::string_view value, std::string_view references) {
  Sha256Hasher hasher;
  for (const std::string_view part : {key, value, references}) {
    hasher.update(fmt::format("{}:", part.size()));
    hasher.update(part);
  }
  return hasher.finish();
}

void insert_blobs(Database& database, std::span<const BlobSize> blobs) {
  Statement insert = database.prepare("INSERT OR IGNORE INTO blobs VALUES (?, ?, 0)");
  for (const BlobSize& blob : blobs) {
    insert.bind(0, as_bytes(blob.digest));
    insert.bind(1, static_cast<std::int64_t>(blob.size_bytes));
    insert.run();
  }
}

using Sizes = std::unordered_map<Digest, std::uint64_t>;
using IsThere = std::function<bool(const Digest&)>;

/// Rows of blobs that are gone, or of another size than the row says.
std::vector<std::string> stale_blobs(Database& database, const Sizes& sizes,
                                     const IsThere& is_there) {
  std::vector<std::string> stale;
  Statement rows = database.prepare("SELECT digest, size FROM blobs");
  while (rows.step()) {
    const auto digest = as_digest(rows.bytes(0));
    const auto known = digest ? sizes.find(*digest) : sizes.end();
    const bool right = known == sizes.end()
                           ? digest && is_there(*digest)
                           : known->second == static_cast<std::uint64_t>(rows.number(1));
    if (!right) stale.emplace_back(rows.bytes(0));
  }
  return stale;
}

/// Keys of outcomes that are damaged, or lack a blob.
std::vector<std::string> stale_outcomes(Database& database, const Sizes& sizes,
                                        const IsThere& is_there) {
  std::vector<std::string> stale;
  Statement rows = database.prepare("SELECT key, value, blobs, digest FROM outcomes");
  while (rows.step()) {
    Index::Remembered row;
    const bool whole =
        as_digest(rows.bytes(3)) == row_digest(rows.bytes(0), rows.bytes(1), rows.bytes(2)) &&
        decode_references(rows.bytes(2), row);
    const auto found = [&](const Digest& digest) {
      return sizes.contains(digest) || is_there(digest);
    };
    if (!whole || !std::all_of(row.outcome.blobs.begin(), row.outcome.blobs.end(), found)) {
      stale.emplace_back(rows.bytes(0));
    }
  }
  return stale;
}

}  // namespace

struct Index::Connection {
  explicit Connection(const Path& path) : database(path) {
    // A lost write of the index costs a miss, never a wrong answer: blobs are synced before they
    // are visible, and an outcome counts only while its blobs are there.
    database.execute("PRAGMA synchronous = NORMAL");
  }

  void prepare() {
    find = database.prepare("SELECT value, blobs, digest FROM outcomes WHERE key = ?");
    remember = database.prepare("INSERT OR REPLACE INTO outcomes VALUES (?, ?, ?, ?)");
    find_size = database.prepare("SELECT size FROM blobs WHERE digest = ?");
    add_blob = database.prepare(
        "INSERT INTO blobs VALUES (?, ?, (SELECT value + 1 FROM counters WHERE name = 'uses'))"
        " ON CONFLICT DO NOTHING");
    drop_blob = database.prepare("DELETE FROM blobs WHERE digest = ?");
    drop_outcome = database.prepare("DELETE FROM outcomes WHERE key = ?");
    bytes = database.prepare("SELECT value FROM counters WHERE name = 'bytes'");
  }

  Database database;
  std::optional<Statement> find;
  std::optional<Statement> remember;
  std::optional<Statement> find_size;
  std::optional<Statement> add_blob;
  std::optional<Statement> drop_blob;
  std::optional<Statement> drop_outcome;
  std::optional<Statement> bytes;
};

Index::Index(Path directory, ListBlobs list_blobs)
    : directory_(std::move(directory)), list_blobs_(std::move(list_blobs)) {
  files_.create_directories(directory_);
  open();
}

Index::~Index() = default;

Path Index::file(int generation) const {
  return directory_ / fmt::format("index-{}.db", generation);
}

int Index::newest_generation() {
  int newest = 0;
  for (const std::string& name : files_.list(directory_)) {
    int number = 0;
    const char* start = name.data() + std::min<std::size_t>(name.size(), 6);
    const auto [end, failure] = std::from_chars(start, name.data() + name.size(), number);
    if (failure == std::errc() && name == file(number).filename()) {
      newest = std::max(newest, number);
    }
  }
  return newest;
}

/// nullptr when the file is there and is not an index that can be used.
std::unique_ptr<Index::Connection> Index::try_connect(const Path& path) {
  try {
    auto connection = std::make_unique<Connection>(path);
    Database& database = connection->database;
    if (database.number("PRAGMA application_id") != kApplicationId ||
        database.number("PRAGMA user_version") != kSchemaVersion) {
      return nullptr;
    }
    connection->prepare();
    return connection;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kIntegrity) throw;
    return nullptr;
  }
}

/// Connects to the newest index after `generation_`, or begins one. Files that are given up keep
/// their names, since other processes may still have them open: SQLite's logs go by name.
void Index::open() {
  connection_.reset();
  const int given_up = generation_;
  generation_ = newest_generation();
  if (generation_ > given_up) {
    connection_ = try_connect(file(generation_));
    if (connection_) return;
  }
  const auto lock = files_.lock(directory_ / "index.lock", LockMode::kExclusive);
  const int newest = newest_generation();
  if (newest > given_up && newest > 0) {
    generation_ = newest;
    connection_ = try_connect(file(newest));
    if (connection_) return;
  }
  generation_ = std::max(newest, given_up) + 1;
  connection_ = std::make_unique<Connection>(file(generation_));
  Database& database = connection_->database;
  database.execute("PRAGMA journal_mode = WAL");
  database.in_transaction([&] {
    database.execute(kSchema);
    insert_blobs(database, list_blobs_());
    database.execute(fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}",
                                 kApplicationId, kSchemaVersion));
  });
  connection_->prepare();
}

template <class Body>
auto Index::run(Body body) {
  const std::lock_guard guard(mutex_);
  try {
    return body(*connection_);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kIntegrity) throw;
  }
  open();
  return body(*connection_);
}

std::optional<Index::Remembered> Index::find(const Key& key) {
  return run([&](Connection& connection) -> std::optional<Remembered> {
    Statement& find = *connection.find;
    find.bind(0, key.render());
    std::optional<Remembered> found;
    if (find.step()) {
      const std::string_view value = find.bytes(0);
      const std::string_view references = find.bytes(1);
      found.emplace();
      found->outcome.value = value;
      if (as_digest(find.bytes(2)) != row_digest(key.render(), value, references) ||
          !decode_references(references, *found)) {
        found.reset();
      }
    }
    find.reset();
    return found;
  });
}

void Index::remember(const Key& key, const Remembered& remembered) {
  const std::string references = encode_references(remembered);
  const Digest digest = row_digest(key.render(), remembered.outcome.value, references);
  run([&](Connection& connection) {
    Statement& remember = *connection.remember;
    remember.bind(0, key.render());
    remember.bind(1, remembered.outcome.value);
    remember.bind(2, references);
    remember.bind(3, as_bytes(digest));
    remember.run();
  });
}

std::optional<std::uint64_t> Index::find_size(const Digest& digest) {
  return run([&](Connection& connection) -> std::optional<std::uint64_t> {
    Statement& find = *connection.find_size;
    find.bind(0, as_bytes(digest));
    std::optional<std::uint64_t> size;
    if (find.step()) size = static_cast<std::uint64_t>(find.number(0));
    find.reset();
    return size;
  });
}

void Index::add_blob(const BlobSize& blob) {
  run([&](Connection& connection) {
    Statement& add = *connection.add_blob;
    add.bind(0, as_bytes(blob.digest));
    add.bind(1, static_cast<std::int64_t>(blob.size_bytes));
    add.run();
  });
}

void Index::drop_blobs(std::span<const Digest> digests) {
  run([&](Connection& connection) {
    connection.database.in_transaction([&] {
      for (const Digest& digest : digests) {
        connection.drop_blob->bind(0, as_bytes(digest));
        connection.drop_blob->run();
      }
    });
  });
}

std::uint64_t Index::count_bytes() {
  return run([](Connection& connection) {
    const std::int64_t bytes = connection.bytes->step() ? connection.bytes->number(0) : 0;
    connection.bytes->reset();
    return static_cast<std::uint64_t>(std::max<std::int64_t>(0, bytes));
  });
}

std::uint64_t Index::count_outcomes() {
  return run([](Connection& connection) {
    return static_cast<std::uint64_t>(connection.database.number("SELECT count(*) FROM outcomes"));
  });
}

void Index::mark_used(std::span<const Digest> digests) {
  run([&](Connection& connection) {
    Database& database = connection.database;
    database.in_transaction([&] {
      std::int64_t uses = database.number("SELECT value FROM counters WHERE name = 'uses'");
      Statement update = database.prepare("UPDATE blobs SET last_use = ? WHERE digest = ?");
      for (const Digest& digest : digests) {
        update.bind(0, ++uses);
        update.bind(1, as_bytes(digest));
        update.run();
      }
      database.execute(fmt::format("UPDATE counters SET value = {} WHERE name = 'uses'", uses));
    });
  });
}

std::uint64_t Index::reconcile(std::span<const BlobSize> present,
                               const std::function<bool(const Digest&)>& is_there) {
  Sizes sizes;
  for (const BlobSize& blob : present) sizes.emplace(blob.digest, blob.size_bytes);
  return run([&](Connection& connection) {
    std::uint64_t dropped = 0;
    connection.database.in_transaction([&] {
      for (const std::string& digest : stale_blobs(connection.database, sizes, is_there)) {
        connection.drop_blob->bind(0, digest);
        connection.drop_blob->run();
      }
      insert_blobs(connection.database, present);
      connection.database.execute(
          "UPDATE counters SET value = (SELECT coalesce(sum(size), 0) FROM blobs)"
          " WHERE name = 'bytes'");
      for (const std::string& key : stale_outcomes(connection.database, sizes, is_there)) {
        connection.drop_outcome->bind(0, key);
        connection.drop_outcome->run();
        ++dropped;
      }
    });
    return dropped;
  });
}

std::vector<BlobSize> Index::by_last_use(std::vector<BlobSize> present) {
  std::unordered_map<Digest, std::int64_t> uses;
  run([&](Connection& connection) {
    uses.clear();
    Statement blobs = connection.database.prepare("SELECT digest, last_use FROM blobs");
    while (blobs.step()) {
      if (const auto digest = as_digest(blobs.bytes(0))) uses.emplace(*digest, blobs.number(1));
    }
  });
  const auto order = [&](const BlobSize& blob) {
    const auto use = uses.find(blob.digest);
    return std::pair(use == uses.end() ? 0 : use->second, blob.digest);
  };
  std::sort(present.begin(), present.end(),
            [&](const BlobSize& a, const BlobSize& b) { return order(a) < order(b); });
  return present;
}

void Index::remove_abandoned() {
  const std::lock_guard guard(mutex_);
  for (int generation = 1; generation < generation_; ++generation) {
    for (const char* suffix : {"", "-wal", "-shm"}) {
      files_.remove_all(Path(file(generation).native() + suffix));
    }
  }
}

}  // namespace kasane::cache
