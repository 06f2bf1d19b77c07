#include "tests/conformance/tables.h"

#include <cstdio>

#include "protocols/xml/writer.h"
#include "protocols/xmpp/feature.h"

namespace conformance {
namespace {

constexpr int kRfcs[] = {5802, 6120, 6121, 7590, 7622, 7677, 9266};

std::string number(const xmpp::Feature& feature) {
  char text[8];
  std::snprintf(text, sizeof text, "%04u", feature.xep);
  return text;
}

std::string link(const xmpp::Feature& feature) {
  return "https://xmpp.org/extensions/xep-" + number(feature) + ".html";
}

const char* name(xmpp::Status status) {
  return status == xmpp::Status::complete ? "complete" : "partial";
}

std::string doap_entry(const xmpp::Feature& feature) {
  std::string out = "    <implements>\n      <xmpp:SupportedXep>\n        <xmpp:xep";
  xml::write_attribute("rdf:resource", link(feature), out);
  out += "/>\n        ";
  xml::write_text_element("xmpp:status", name(feature.status), out);
  out += "\n        ";
  xml::write_text_element("xmpp:version", feature.version, out);
  if (!feature.note.empty()) {
    out += "\n        ";
    xml::write_text_element("xmpp:note", feature.note, out);
  }
  return out + "\n      </xmpp:SupportedXep>\n    </implements>\n";
}

}  // namespace

std::string readme_table() {
  std::string out = std::string(kBegin) + "\n\n| XEP | Title | Version | Status | Notes |\n";
  out += "|---|---|---|---|---|\n";
  for (const xmpp::Feature* feature : xmpp::all_features()) {
    if (feature->xep == 0) continue;
    out += "| [" + number(*feature) + "](" + link(*feature) + ") | ";
    out += std::string(feature->title) + " | " + std::string(feature->version) + " | ";
    out += std::string(name(feature->status)) + " | " + std::string(feature->note) + " |\n";
  }
  return out + "\n" + kEnd + "\n";
}

std::string doap() {
  std::string out =
      "<?xml version='1.0' encoding='UTF-8'?>\n"
      "<!-- Made by features_table from protocols/xmpp/features.def; do not edit. -->\n"
      "<rdf:RDF xmlns='http://usefulinc.com/ns/doap#'\n"
      "         xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'\n"
      "         xmlns:xmpp='https://linkmauve.fr/ns/xmpp-doap#'>\n"
      "  <Project>\n"
      "    <name>Rollcall</name>\n"
      "    <shortdesc xml:lang='en'>An instant-messaging and presence server</shortdesc>\n"
      "    <programming-language>C++</programming-language>\n"
      "    <os>Linux</os>\n"
      "    <category rdf:resource='https://linkmauve.fr/ns/xmpp-doap#category-server'/>\n";
  for (const int rfc : kRfcs) {
    out += "    <implements rdf:resource='https://www.rfc-editor.org/rfc/rfc" +
           std::to_string(rfc) + "'/>\n";
  }
  for (const xmpp::Feature* feature : xmpp::all_features()) {
    if (feature->xep != 0) out += doap_entry(*feature);
  }
  return out + "  </Project>\n</rdf:RDF>\n";
}

}  // namespace conformance
