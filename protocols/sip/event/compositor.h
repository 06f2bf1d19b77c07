// The event state compositor (RFC 3903): PUBLISH of presence becomes a source of its user's
// presentity, is answered when that is in the journal, and named by an entity-tag that changes with
// every answer.
// One a shard, on the shard that owns the user; all calls there. Limits: of the presentity
// (im::PresentityOptions), and kAskingMax. Who may publish: a trunk peer that says what users'
// phones do (TrunkPeer::publishes), and the user herself.
#pragma once

#include <memory>
#include <string>

#include "protocols/im/realm.h"
#include "protocols/sip/body/pidf_reader.h"
#include "protocols/sip/event/committed_answers.h"
#include "protocols/sip/event/lifetime.h"
#include "protocols/sip/handler.h"
#include "protocols/sip/service.h"

namespace sip {

class Compositor final : public Handler {
 public:
  // Requests for users who are not in memory, while the store is asked; then 503.
  static constexpr uint32_t kAskingMax = 1024;

  Compositor(Service& service, im::Realm& realm);

  engine::Owner owner_of(const Received& request, engine::Turn& turn) override;
  void on_request(const Received& request, engine::Turn& turn) override;
  void on_committed(engine::Turn& turn);

 private:
  struct Asking;

  bool find_user(const Received& request);
  // 0, or the status that refuses what needs no user to be known.
  uint16_t check(const Received& request, base::Instant now);
  void publish(const Received& request, im::User& user, engine::Turn& turn);
  uint16_t read_body(const Received& request);
  void accepted(const Received& request, im::PublicationTag tag, uint32_t seconds,
                engine::Turn& turn);
  void refuse(const Received& request, uint16_t status, engine::Turn& turn);

  Service& service_;
  im::Realm& realm_;
  CommittedAnswers answers_;
  Lifetimes lifetimes_;
  uint32_t asking_ = 0;
  PidfReader reader_;  // scratch, as the next ones
  im::Report report_;
  std::string account_;
};

// An entity-tag (RFC 3903 §4.1): id and version as digits, which nobody can guess, and the node
// that has made it; those without one, of node 0, were made by former versions.
struct EntityTag {
  im::PublicationTag publication;
  engine::NodeId node = 0;
};
void write_entity_tag(const EntityTag& tag, base::Sink& out);
[[nodiscard]] bool read_entity_tag(base::Bytes text, EntityTag& out);

}  // namespace sip
