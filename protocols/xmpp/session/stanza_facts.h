// What is read from a client's stanza once, so that nobody behind has to look into it again; and
// what is taken out of it because only the server may say it.
// Pure functions over a checked Element; any shard.
#pragma once

#include <string>

#include "protocols/im/realm.h"
#include "protocols/im/stanza.h"
#include "protocols/xml/element.h"

namespace xmpp {

// Facts of a message, from its children.
im::Facts message_facts(const xml::Element& message, im::StanzaType type);

// RFC 6121 §4.7.2: false if <show/> or <priority/> is not as it must be. `status` receives the
// first <status/>, and keeps its text alive for `out`.
[[nodiscard]] bool read_presence(const xml::Element& presence, std::string& status,
                                 im::Stanza& out);

// The stanza's content without what its sender cannot know: stanza ids by us (XEP-0359 §4) and
// delay stamps in our name (XEP-0203 §4). A view of the element, or of `scratch` if anything was
// removed; counted.
base::Bytes content_without_forgeries(const xml::Element& stanza, const im::Options& options,
                                      std::string& scratch);

}  // namespace xmpp
