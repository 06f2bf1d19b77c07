#include "protocols/xmpp/xep/data_form.h"

#include <algorithm>
#include <utility>

namespace xmpp::xep {

bool read_form(const xml::Element& x, SubmittedForm& out) {
  if (!x.is("x", kDataForms) || x.attribute("type") != "submit") return false;
  out = {};
  for (xml::Element child = x.first_child(); child; child = child.next_sibling()) {
    if (!child.is("field", kDataForms)) continue;
    SubmittedForm::Field field{std::string(child.attribute("var")), {}};
    const auto same = [&field](const auto& other) { return other.variable == field.variable; };
    const bool repeated = std::any_of(out.fields.begin(), out.fields.end(), same);
    if (field.variable.empty() || repeated) return false;
    for (xml::Element value = child.first_child(); value; value = value.next_sibling()) {
      if (value.is("value", kDataForms)) field.values.push_back(value.text());
    }
    out.fields.push_back(std::move(field));
  }
  const auto is_type = [](const auto& field) { return field.variable == "FORM_TYPE"; };
  const auto type = std::find_if(out.fields.begin(), out.fields.end(), is_type);
  if (type == out.fields.end()) return true;
  if (type->values.size() != 1) return false;
  out.form_type = std::move(type->values.front());
  out.fields.erase(type);
  return true;
}

}  // namespace xmpp::xep
