// Who writes to whom: what a request from SIP, a message or the beginning of a session, says of its
// two ends, and whether its sender may. Peers write to users of ours, and those, when they have
// proved who they are, to everybody that we know a way to.
// A function on the shard that has the request; it keeps nothing. Errors: a status.
#pragma once

#include <string>

#include "protocols/im/realm.h"
#include "protocols/sip/handler.h"
#include "protocols/sip/service.h"

namespace gateway {

struct Parties {
  std::string from;  // JIDs
  std::string to;
};

// 0, or the status that refuses it: 404 for nobody of ours, 403 for who may not.
uint16_t read_parties(const sip::Received& request, const im::Options& im, sip::Service& service,
                      engine::Turn& turn, Parties& out);

// May this request speak for that user, who is the other end of a dialog?
bool may_speak(const sip::Received& request, base::Bytes jid, const sip::Options& options);

}  // namespace gateway
