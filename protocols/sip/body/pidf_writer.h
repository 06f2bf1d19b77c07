// A user's presence as a document for those who watch her (application/pidf+xml). First a tuple of
// the composed state, for clients that read no more than that; then a tuple for every way to reach
// her; then the person, with her activities and what was only passed through. Prefixes are those
// that simple clients look for ("rpid:").
// Appends to the sink and to nothing else: with enough room in it, no allocation. Lives on the
// stack of one document; views must outlive it.
//
//   PidfWriter writer("sip:alice@example.com", composed, out);
//   im::visit_sources(user, publications, writer);   // tuples
//   writer.begin_person();
//   im::visit_sources(user, publications, writer);   // what is passed through
//   writer.end();
#pragma once

#include <cstdint>

#include "protocols/im/presentity/presentity.h"
#include "protocols/im/presentity/sources.h"

namespace sip {

// No further tuple is begun beyond it; counted.
constexpr size_t kPidfWrittenBytesMax = 64 * 1024;
constexpr base::Bytes kComposedTuple = "composed";  // the first one's id

class PidfWriter final : public im::SourceVisitor {
 public:
  PidfWriter(base::Bytes entity, const im::Composed& composed, base::Sink& out);
  void source(const im::Report& report) override;
  void begin_person();
  void end();

 private:
  enum class Part : uint8_t { tuples, person, done };

  bool has_room();
  void write_tuple(const im::Report& report, const im::ReportTuple& tuple);
  void write_tuple_id(const im::Report& report, base::Bytes id);
  void write_show(im::Availability show);
  void write_contact(const im::Report& report, const im::ReportTuple& tuple);
  void write_note(base::Bytes element, base::Bytes note, base::Bytes lang);
  void write_activities(im::Activities activities);

  base::Bytes entity_;
  const im::Composed& composed_;
  base::Sink& out_;
  size_t start_;
  uint32_t tuples_ = 0;
  Part part_ = Part::tuples;
};

// "0.8", "1", "0.007"; nothing for kNoPriority.
void write_priority(uint16_t thousandths, base::Sink& out);

}  // namespace sip
