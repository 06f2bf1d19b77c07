// A form that somebody has filled in (XEP-0004), with its type (XEP-0068), as data.
// Values and a pure function; any shard. As large as the stanza it came in.
#pragma once

#include <string>
#include <vector>

#include "protocols/xml/element.h"

namespace xmpp::xep {

inline constexpr base::Bytes kDataForms = "jabber:x:data";

struct SubmittedForm {
  struct Field {
    std::string variable;
    std::vector<std::string> values;
  };
  std::string form_type;  // "" if it has none
  std::vector<Field> fields;
};

// `x` is the <x/> element. False: it is not a submitted form, or a field has no name or one that is
// used twice.
[[nodiscard]] bool read_form(const xml::Element& x, SubmittedForm& out);

}  // namespace xmpp::xep
