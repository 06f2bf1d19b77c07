#include "protocols/xmpp/xep/disco_info.h"

#include <algorithm>

#include "engine/base/base64.h"
#include "engine/base/digest.h"
#include "protocols/xml/writer.h"

namespace xmpp::xep {
namespace {

bool is_enabled(const Feature& feature, const Options& options) {
  return feature.enabled == nullptr || feature.enabled(options);
}

void sort_once(std::vector<std::string>& texts) {
  std::sort(texts.begin(), texts.end());
  texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
}

void write(const DataForm& form, base::Sink& out) {
  out += "<x xmlns='jabber:x:data' type='result'><field var='FORM_TYPE' type='hidden'>";
  xml::write_text_element("value", form.form_type, out);
  out += "</field>";
  for (const DataForm::Field& field : form.fields) {
    out += "<field";
    xml::write_attribute("var", field.variable, out);
    if (!field.type.empty()) xml::write_attribute("type", field.type, out);
    out += '>';
    for (const std::string& value : field.values) xml::write_text_element("value", value, out);
    out += "</field>";
  }
  out += "</x>";
}

// §5.1 steps 4 to 7 for one form: its type, then the fields in order, each with its values.
void append_form(const DataForm& form, std::string& text) {
  text += form.form_type;
  text += '<';
  std::vector<const DataForm::Field*> fields;
  for (const DataForm::Field& field : form.fields) fields.push_back(&field);
  std::sort(fields.begin(), fields.end(),
            [](const auto* a, const auto* b) { return a->variable < b->variable; });
  for (const DataForm::Field* field : fields) {
    text += field->variable;
    text += '<';
    std::vector<std::string> values = field->values;
    std::sort(values.begin(), values.end());
    for (const std::string& value : values) {
      text += value;
      text += '<';
    }
  }
}

}  // namespace

DiscoInfo host_info(const Options& options) {
  DiscoInfo info;
  info.identities.push_back({"server", "im", "", "Rollcall"});
  for (const Feature* feature : all_features()) {
    if (!is_enabled(*feature, options)) continue;
    info.features.insert(info.features.end(), feature->disco.begin(), feature->disco.end());
    if (feature->disco_forms != nullptr) feature->disco_forms(options, info.forms);
  }
  sort_once(info.features);
  return info;
}

DiscoInfo account_info(const Options& options) {
  DiscoInfo info;
  info.identities.push_back({"account", "registered", "", ""});
  for (const Feature* feature : all_features()) {
    if (!is_enabled(*feature, options)) continue;
    info.features.insert(info.features.end(), feature->disco_account.begin(),
                         feature->disco_account.end());
  }
  sort_once(info.features);
  return info;
}

void write(const DiscoInfo& info, base::Sink& out) {
  for (const Identity& identity : info.identities) {
    out += "<identity";
    xml::write_attribute("category", identity.category, out);
    xml::write_attribute("type", identity.type, out);
    if (!identity.lang.empty()) xml::write_attribute("xml:lang", identity.lang, out);
    if (!identity.name.empty()) xml::write_attribute("name", identity.name, out);
    out += "/>";
  }
  for (const std::string& feature : info.features) {
    out += "<feature";
    xml::write_attribute("var", feature, out);
    out += "/>";
  }
  for (const DataForm& form : info.forms) write(form, out);
}

std::string verification_string(const DiscoInfo& info) {
  std::vector<std::string> lines;
  for (const Identity& i : info.identities) {
    lines.push_back(i.category + '/' + i.type + '/' + i.lang + '/' + i.name);
  }
  std::sort(lines.begin(), lines.end());
  std::vector<std::string> features = info.features;
  std::sort(features.begin(), features.end());
  lines.insert(lines.end(), features.begin(), features.end());
  std::string text;
  for (const std::string& line : lines) {
    text += line;
    text += '<';
  }
  std::vector<const DataForm*> forms;
  for (const DataForm& form : info.forms) forms.push_back(&form);
  std::sort(forms.begin(), forms.end(),
            [](const auto* a, const auto* b) { return a->form_type < b->form_type; });
  for (const DataForm* form : forms) append_form(*form, text);
  std::string encoded;
  base::base64_encode(base::hash(base::HashKind::sha1, text).view(), encoded);
  return encoded;
}

}  // namespace xmpp::xep
