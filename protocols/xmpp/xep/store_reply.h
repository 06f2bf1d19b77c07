// For features that can answer only when the store has: what the answer needs is kept by value and
// travels with the question, so that the asking session may go away meanwhile.
// On the shard of the request; nothing is kept here.
#pragma once

#include <memory>

#include "protocols/im/store_request.h"
#include "protocols/xmpp/feature.h"

namespace xmpp::xep {

std::unique_ptr<im::StoreRequest> store_request(im::StoreKind kind, base::Bytes user);

// Runs on the shard that asked. Must answer `reply` with send_result or send_error.
using Answered = void (*)(const ReplyAddress& reply, im::StoreRequest& answer, im::Realm& realm,
                          engine::Turn& turn);
void ask(Request& request, std::unique_ptr<im::StoreRequest> question, Answered answered);

// An Answered for writes: an empty result if it is on disk, else an error.
void answer_write(const ReplyAddress& reply, im::StoreRequest& answer, im::Realm& realm,
                  engine::Turn& turn);
im::ErrorCondition error_of(im::StoreStatus status);

// May the asker see the presence of the account asked about (RFC 6121 §3: subscription from or
// both)?
bool sees_presence(const Request& request);
// The asking client, where it is a client of the account concerned; null if it has gone.
im::Resource* asking_resource(const Request& request);

}  // namespace xmpp::xep
