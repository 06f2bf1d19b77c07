// All that is said of a user, in the words of Report: her XMPP resources and what her presentity
// keeps. What she is composed from, and what a wire writes its documents from. Her shard only.
#pragma once

#include <span>
#include <string>

#include "protocols/im/presentity/publication.h"
#include "protocols/im/presentity/report.h"
#include "protocols/im/stanza.h"
#include "protocols/im/user.h"
#include "protocols/xml/document.h"

namespace im {

class SourceVisitor {
 public:
  virtual ~SourceVisitor() = default;
  virtual void source(const Report& report) = 0;  // valid during the call
};

// What the presence of an XMPP resource says, ours or another domain's: available, or unavailable.
// A negative priority is not told, and 127 is 1 (RFC 8048 §4.2, table 1).
class ResourceReader {
 public:
  void read(const Stanza& presence, Report& out);  // views of the stanza

 private:
  std::string text_;
  xml::Document document_;
};

// Resources first, in the order they came; then the rest.
void visit_sources(const User& user, std::span<const Publication> publications,
                   SourceVisitor& visitor);

}  // namespace im
