// A presence document as somebody sends it (application/pidf+xml: RFC 3863, with the data model of
// RFC 4479, RPID of RFC 4480, capabilities of RFC 5196, <show/> of RFC 8048 §4.2) as a Report.
// Tolerant: elements are known by their local names whatever their namespace; activities count
// under the person, a device, a tuple or its status, as names of elements or, in the old form, as
// text of <activity/>; what is not known is passed over. README.md has the list.
// One a shard. The report's views are valid until the next read(), as long as the body's bytes are.
#pragma once

#include <cstdint>
#include <string>

#include "protocols/im/presentity/report.h"
#include "protocols/sip/body/xml_body.h"

namespace sip {

constexpr size_t kPidfTuplesMax = 16;            // further ones are dropped, and counted
constexpr size_t kPidfExtensionBytesMax = 4096;  // likewise what is only passed through

class PidfReader {
 public:
  // `kind` is who it comes from, which the document does not tell. On a fault `out` is unspecified.
  [[nodiscard]] BodyFault read(base::Bytes body, im::SourceKind kind, im::Report& out);

 private:
  void read_tuple(xml::Element tuple, im::Report& out);
  void read_status(xml::Element status, im::ReportTuple& tuple, im::Report& out);
  void read_person(xml::Element person, im::Report& out);
  void read_device(xml::Element device, im::Report& out);
  void read_note(xml::Element note, im::Report& out);
  void read_time(xml::Element timestamp, im::Report& out);
  void read_activities(xml::Element activities, im::Activities& out);
  void pass_through(xml::Element element);
  base::Bytes text_of(xml::Element element);  // trimmed; a view into texts_

  XmlBody body_;
  std::string texts_;  // never grows while a document is read: views point into it
  std::string extension_;
  bool open_without_show_ = false;  // a tuple is, and others have a <show/>
};

// "0.8" as thousandths: one to three decimals and no more than 1 (RFC 3863 §4.4). kNoPriority: not
// such a number, or none.
uint16_t parse_priority(base::Bytes text);

}  // namespace sip
