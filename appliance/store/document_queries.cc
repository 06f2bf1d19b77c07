// Texts kept for clients: vCards, private XML, and the messages that wait for their return.
#include "appliance/store/queries.h"

namespace store {

using im::StoreRequest;
using im::StoreStatus;

StoreStatus Queries::load_vcard(int64_t id, StoreRequest& request) {
  request.text.clear();
  Statement found = database_.prepare("SELECT vcard FROM vcards WHERE user = ?1");
  if (found.number(1, id).row()) request.text = found.text(0);
  return status_of(found.ok());
}

StoreStatus Queries::save_vcard(int64_t id, const StoreRequest& request) {
  if (request.text.empty()) {
    Statement erase = database_.prepare("DELETE FROM vcards WHERE user = ?1");
    return status_of(erase.number(1, id).run());
  }
  Statement put = database_.prepare(
      "INSERT INTO vcards (user, vcard) VALUES (?1, ?2) "
      "ON CONFLICT (user) DO UPDATE SET vcard = ?2");
  return status_of(put.number(1, id).text(2, request.text).run());
}

StoreStatus Queries::load_private(int64_t id, StoreRequest& request) {
  request.text.clear();
  Statement found = database_.prepare("SELECT xml FROM private_xml WHERE user = ?1 AND name = ?2");
  if (found.number(1, id).text(2, request.key).row()) request.text = found.text(0);
  return status_of(found.ok());
}

StoreStatus Queries::save_private(int64_t id, const StoreRequest& request) {
  if (request.text.empty()) {
    Statement erase = database_.prepare("DELETE FROM private_xml WHERE user = ?1 AND name = ?2");
    return status_of(erase.number(1, id).text(2, request.key).run());
  }
  Statement others =
      database_.prepare("SELECT count(*) FROM private_xml WHERE user = ?1 AND name <> ?2");
  if (!others.number(1, id).text(2, request.key).row()) return StoreStatus::failed;
  if (static_cast<uint64_t>(others.number(0)) >= request.number) {
    Statement same = database_.prepare("SELECT 1 FROM private_xml WHERE user = ?1 AND name = ?2");
    if (!same.number(1, id).text(2, request.key).row()) {
      return same.ok() ? StoreStatus::full : StoreStatus::failed;
    }
  }
  Statement put = database_.prepare(
      "INSERT INTO private_xml (user, name, xml) VALUES (?1, ?2, ?3) "
      "ON CONFLICT (user, name) DO UPDATE SET xml = ?3");
  return status_of(put.number(1, id).text(2, request.key).text(3, request.text).run());
}

StoreStatus Queries::append_offline(int64_t id, StoreRequest& request) {
  request.numbers.clear();
  if (request.message != 0) {
    Statement same = database_.prepare("SELECT id FROM offline WHERE user = ?1 AND message = ?2");
    if (same.number(1, id).number(2, signed_of(request.message)).row()) {
      request.numbers = {static_cast<uint64_t>(same.number(0))};
      return StoreStatus::ok;
    }
    if (!same.ok()) return StoreStatus::failed;
  }
  Statement waiting = database_.prepare("SELECT count(*) FROM offline WHERE user = ?1");
  if (!waiting.number(1, id).row()) return StoreStatus::failed;
  if (static_cast<uint64_t>(waiting.number(0)) >= request.number) return StoreStatus::full;
  Statement put = database_.prepare(
      "INSERT INTO offline (user, received_us, stanza, message) VALUES (?1, ?2, ?3, ?4)");
  put.number(1, id).number(2, request.wall.us).blob(3, request.text);
  if (request.message != 0) put.number(4, signed_of(request.message));
  return status_of(put.run());
}

StoreStatus Queries::load_offline(int64_t id, StoreRequest& request) {
  request.offline.clear();
  Statement found = database_.prepare(
      "SELECT id, received_us, stanza FROM offline WHERE user = ?1 AND id > ?2 "
      "ORDER BY id LIMIT ?3");
  found.number(1, id).number(2, signed_of(request.number)).number(3, request.count);
  uint64_t gathered = 0;
  while (found.row()) {
    request.offline.push_back(
        {static_cast<uint64_t>(found.number(0)), {found.number(1)}, found.text(2)});
    gathered += request.offline.back().stanza.size();
    if (request.bytes > 0 && gathered >= request.bytes) break;
  }
  return status_of(found.ok());
}

StoreStatus Queries::delete_offline(int64_t id, const StoreRequest& request) {
  for (const uint64_t message : request.numbers) {
    Statement erase = database_.prepare("DELETE FROM offline WHERE user = ?1 AND id = ?2");
    if (!erase.number(1, id).number(2, signed_of(message)).run()) return StoreStatus::failed;
  }
  return StoreStatus::ok;
}

}  // namespace store
