// What an extension looks like: one file in xep/, one `constinit const Feature`, one line in
// features.def. From these records come the dispatch table, disco#info, the conformance table in
// README.md and doap.xml.
//
// A hook answers one kind of IQ. It runs on the shard of the account it concerns: for `host` and
// `self` that is the asking client's shard, for `other` the shard of the account asked about.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <vector>

#include "engine/seam/turn.h"
#include "protocols/im/realm.h"
#include "protocols/xml/element.h"
#include "protocols/xmpp/options.h"

namespace xmpp {

class Service;   // service.h
class Session;   // session.h: the asking client, if it is on this shard

enum class To : uint8_t {
  host = 1,     // a domain of ours
  self = 2,     // no `to`, or the asker's own bare JID
  other = 4,    // another account's bare JID; the hook decides what this asker may see
  unseen = 8,   // a full JID that is not connected, or not for this asker to see: only errors
};
constexpr uint8_t operator|(To a, To b) {
  return static_cast<uint8_t>(static_cast<uint8_t>(a) | static_cast<uint8_t>(b));
}

enum class IqKind : uint8_t { get, set };

// Enough of a request to answer it later, by value: kept while the store is asked.
struct ReplyAddress {
  std::string to;       // the asker's full JID
  std::string from;     // whom he asked; "" if he named nobody
  std::string id;
  // For an asker that has not logged in (registration) and so has no JID: its stream.
  Service* service = nullptr;
  uint64_t ticket = 0;
};

// One IQ being answered. Exactly one of result(), begin/end_result(), error(), later() is called.
class Request {
 public:
  virtual ~Request() = default;
  engine::Turn& turn;
  im::Realm& realm;
  const Options& options;
  const im::Stanza& stanza;
  xml::Element payload;      // the IQ's one child
  Session* session;          // null for `other`, `unseen`, and for `host` before login
  im::User* user;            // the account concerned: asker's (self), asked (other), null (host)
  To to;

  virtual void result(base::Bytes payload_xml = {}) = 0;
  virtual void error(im::ErrorCondition condition, base::Bytes text = {}) = 0;
  virtual ReplyAddress later() = 0;      // answer with send_result / send_error below

 protected:
  Request(engine::Turn& t, im::Realm& r, const Options& o, const im::Stanza& s, xml::Element p,
          Session* se, im::User* u, To a)
      : turn(t), realm(r), options(o), stanza(s), payload(p), session(se), user(u), to(a) {}
};

void send_result(const ReplyAddress& reply, base::Bytes payload_xml, im::Realm& realm,
                 engine::Turn& turn);
void send_error(const ReplyAddress& reply, im::ErrorCondition condition, im::Realm& realm,
                engine::Turn& turn);

struct Hook {
  IqKind kind;
  uint8_t to;                 // To bits
  base::Bytes name;           // of the payload element
  base::Bytes ns;
  void (*answer)(Request& request);
};

enum class Status : uint8_t { complete, partial };

// A result form (XEP-0004): FORM_TYPE (XEP-0068) and fields of any number of values.
struct DataForm {
  struct Field {
    std::string variable;
    std::string type;       // "" leaves it out
    std::vector<std::string> values;
  };
  std::string form_type;
  std::vector<Field> fields;
};

struct Feature {
  uint16_t xep;                              // 0: an RFC feature, see `title`
  base::Bytes title;
  base::Bytes version;                       // of the specification followed
  Status status = Status::complete;
  base::Bytes note = {};                     // for the conformance table
  std::span<const base::Bytes> disco = {};   // features in disco#info of the host
  std::span<const base::Bytes> disco_account = {};   // … and of an account's bare JID
  std::span<const Hook> hooks = {};
  // For IQs of a stream that has not authenticated (XEP-0077 §3.1): request.stanza has no `from`,
  // its `to` is the domain of the stream, `user` and `session` are null. Hook::to is ignored.
  std::span<const Hook> early_hooks = {};
  // Adds <feature/> children to the stream features before authentication.
  void (*early_stream_feature)(const Options& options, base::Sink& out) = nullptr;
  bool (*enabled)(const Options& options) = nullptr;           // null: always
  // Adds <feature/> children to the stream features after authentication (RFC 6120 §4.3.2).
  void (*stream_feature)(const Options& options, base::Sink& out) = nullptr;
  // Adds XEP-0128 forms to the host's disco#info; data rather than XML, because the capabilities
  // hash (XEP-0115) is made of the values.
  void (*disco_forms)(const Options& options, std::vector<DataForm>& out) = nullptr;
  // Write the content of disco#info and disco#items for a node of the host (XEP-0030 §3.2). False:
  // not a node of this feature, nothing was written.
  bool (*node_info)(const Options& options, base::Bytes node, base::Sink& out) = nullptr;
  bool (*node_items)(const Options& options, base::Bytes node, base::Sink& out) = nullptr;
};

std::span<const Feature* const> all_features();

namespace xep {
#define FEATURE(symbol) extern const Feature symbol;
#include "protocols/xmpp/features.def"
#undef FEATURE
}  // namespace xep

}  // namespace xmpp
