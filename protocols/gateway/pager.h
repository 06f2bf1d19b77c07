// Messages of one wire in the other's words, each by itself, as people send pages (RFC 7572).
// Pure functions; any shard. Limits: those of messages and stanzas.
#pragma once

#include <string>

#include "engine/base/bytes.h"
#include "protocols/im/stanza.h"
#include "protocols/im/stanza_error.h"
#include "protocols/sip/header/essentials.h"
#include "protocols/sip/message/message.h"
#include "protocols/xml/document.h"

namespace gateway {

// A MESSAGE as a stanza is made of it.
struct PageIn {
  std::string from;  // JIDs
  std::string to;
  std::string id;  // the transaction's
  std::string lang;
  std::string payload;
  bool session = false;  // it came in one (RFC 7573): a chat

  im::Stanza stanza() const;  // views of this
};

// 0, or the status that refuses it: 415 for what is no plain text, 403 for a sender without an
// address here, 400 for what no stanza can hold.
uint16_t read_page(const sip::Message& message, const sip::Essentials& essentials, PageIn& out);

// A message stanza as a MESSAGE is made of it.
struct PageOut {
  std::string uri;   // of the recipient
  std::string from;  // with its tag
  std::string to;
  std::string call_id;
  std::string rest;  // fields from Subject on, the empty line, the body
};

// False: it says nothing that a SIP user could read. `id`: of this message alone, for what must be
// so; the Call-ID where it is of no thread. `document` is scratch.
bool write_page(const im::Stanza& stanza, base::Bytes id, xml::Document& document, PageOut& out);

// A chat state (XEP-0085) as RFC 7573 §6 has it: `active` is composing, paused and its like are
// idle. False: none that SIP has a word for, or a message with a body, which says it itself.
bool read_chat_state(const im::Stanza& stanza, xml::Document& document, bool& active);

// The condition that an error stanza names; undefined_condition if none does.
im::ErrorCondition read_condition(const im::Stanza& error, xml::Document& document);

}  // namespace gateway
