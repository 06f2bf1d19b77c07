// XEP-0157: Contact Addresses for XMPP Services, as a form in the host's disco#info (XEP-0128).
#include <vector>

#include "protocols/xmpp/feature.h"

namespace xmpp::xep {
namespace {

void add_form(const Options& options, std::vector<DataForm>& out) {
  if (options.contacts.empty()) return;
  DataForm& form = out.emplace_back();
  form.form_type = "http://jabber.org/network/serverinfo";
  for (const Contact& contact : options.contacts) {
    form.fields.push_back({contact.kind, "list-multi", contact.addresses});
  }
}

}  // namespace

constinit const Feature contact_addresses{.xep = 157,
                                          .title = "Contact Addresses for XMPP Services",
                                          .version = "1.1.1",
                                          .note = "shown when `contacts` are configured",
                                          .disco_forms = add_form};

}  // namespace xmpp::xep
