#include "protocols/sip/body/rlmi_writer.h"

#include <array>

#include "engine/base/check.h"
#include "protocols/sip/body/number.h"
#include "protocols/xml/writer.h"

namespace sip {
namespace {

constexpr std::array<base::Bytes, 3> kStates = {"active", "pending", "terminated"};

}  // namespace

RlmiWriter::RlmiWriter(base::Bytes list_uri, uint32_t version, bool full_state, base::Sink& out)
    : out_(out) {
  CHECK(full_state || version > 0);
  out_.append("<?xml version='1.0' encoding='UTF-8'?>\r\n");
  out_.append("<list xmlns='urn:ietf:params:xml:ns:rlmi'");
  xml::write_attribute("uri", list_uri, out_);
  write_number_attribute("version", version, out_);
  xml::write_attribute("fullState", full_state ? "true" : "false", out_);
  out_.append(">");
}

void RlmiWriter::resource(const RlmiResource& resource) {
  const auto state = static_cast<size_t>(resource.state);
  CHECK(state < kStates.size() && !resource.uri.empty());
  CHECK(resource.reason.empty() || resource.state == InstanceState::terminated);
  out_.append("<resource");
  xml::write_attribute("uri", resource.uri, out_);
  out_.append(">");
  if (!resource.name.empty()) xml::write_text_element("name", resource.name, out_);
  if (!resource.instance_id.empty()) {
    out_.append("<instance");
    xml::write_attribute("id", resource.instance_id, out_);
    xml::write_attribute("state", kStates[state], out_);
    if (!resource.reason.empty()) xml::write_attribute("reason", resource.reason, out_);
    if (!resource.cid.empty()) xml::write_attribute("cid", resource.cid, out_);
    out_.append("/>");
  }
  out_.append("</resource>");
}

void RlmiWriter::end() { out_.append("</list>"); }

}  // namespace sip
