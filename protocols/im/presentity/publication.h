// One source's word that is kept until it expires: soft state that must outlive a restart of the
// node all the same, or everybody would be off the phone until the next refresh. Each has an entry
// in the journal (EntryKind::publication) of its account and report; when it expires, and its
// version, stand in the entry's note, so that a refresh writes a few bytes.
// A value of its Presentity; that user's shard only.
#pragma once

#include <cstdint>
#include <string>

#include "engine/base/packed_string.h"
#include "engine/base/time.h"
#include "engine/seam/journal.h"
#include "protocols/im/presentity/report.h"

namespace im {

// What names a publication between us and whoever made it; the wire turns it into an entity-tag
// (RFC 3903 §4.1). The version is another after every change and refresh.
struct PublicationTag {
  uint64_t id = 0;  // 0: none
  uint32_t version = 0;
  friend bool operator==(PublicationTag a, PublicationTag b) {
    return a.id == b.id && a.version == b.version;
  }
};

struct Publication {
  uint64_t id = 0;
  base::Instant expires;
  base::PackedString report;  // packed
  uint32_t version = 0;
  SourceKind kind = SourceKind::publication;

  PublicationTag tag() const { return {id, version}; }
};
static_assert(sizeof(Publication) <= 32, "with its block and its place in a journal: <= 300");

// One wish of a publisher (RFC 3903 §4, table 1).
struct Publish {
  PublicationTag tag;              // none: something new
  const Report* report = nullptr;  // null: what is there stays
  base::Duration lifetime;         // from now; zero: it is withdrawn
};

enum class PublishResult : uint8_t {
  accepted,
  stale,  // no such publication, or of another version (RFC 3903 §6: 412)
  too_many_sources,
  too_large,
  journal_full,  // try again later
};

struct Published {
  PublishResult result = PublishResult::accepted;
  PublicationTag tag;  // of what is there now; none after a withdrawal or a refusal
};

// The journal's entry: account and packed report; when it expires is in the note.
struct PublicationNote {
  base::WallTime expires;
  uint32_t version = 0;
};
engine::JournalKey publication_key(uint64_t id);
void pack_entry(base::Bytes account, base::Bytes report, base::Sink& out);
[[nodiscard]] bool unpack_entry(base::Bytes in, base::Bytes& account, base::Bytes& report);
void pack(const PublicationNote& note, base::Sink& out);
[[nodiscard]] bool unpack(base::Bytes in, PublicationNote& out);

}  // namespace im
