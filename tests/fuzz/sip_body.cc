// Documents inside of SIP messages: whatever is accepted can be kept and written, and what is
// written says the same when it is read again.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>

#include "protocols/im/presentity/composition.h"
#include "protocols/sip/body/dialog_info.h"
#include "protocols/sip/body/is_composing.h"
#include "protocols/sip/body/message_summary.h"
#include "protocols/sip/body/pidf_reader.h"
#include "protocols/sip/body/pidf_writer.h"
#include "protocols/sip/body/session_description.h"

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

bool inside(base::Bytes part, base::Bytes whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

std::string write(const im::Composed& composed, const im::Report& report) {
  std::string out;
  sip::PidfWriter writer("sip:alice@example.com", composed, out);
  writer.source(report);
  writer.begin_person();
  writer.source(report);
  writer.end();
  return out;
}

void check_written(const im::Composed& composed, const im::Report& said) {
  const std::string out = write(composed, said);
  sip::PidfReader reader;
  im::Report read;
  const sip::BodyFault fault = reader.read(out, im::SourceKind::publication, read);
  if (out.size() > sip::kXmlBodyBytesMax) {
    require(fault == sip::BodyFault::too_large);
    return;
  }
  // Deeper by the document's own elements than what was only handed on.
  if (fault == sip::BodyFault::too_large) return;
  require(fault == sip::BodyFault::none);
  const size_t expected = std::min(said.tuples.size() + 1, sip::kPidfTuplesMax);
  require(read.tuples.size() == expected);
  require(read.since == said.since || said.since.us <= 0 || said.since.us % 1'000'000 != 0 ||
          said.tuples.empty());
  for (size_t i = 1; i < read.tuples.size(); ++i) {
    const im::ReportTuple& before = said.tuples[i - 1];
    require(read.tuples[i].note == before.note);
    require(read.tuples[i].contact == before.contact);
    require(read.tuples[i].basic == before.basic);
    require(read.tuples[i].activities == before.activities);
    require(read.tuples[i].capabilities == before.capabilities);
    require(read.tuples[i].priority == before.priority || before.contact.empty());
  }
}

void check_presence(base::Bytes in) {
  sip::PidfReader reader;
  im::Report report;
  if (reader.read(in, im::SourceKind::publication, report) != sip::BodyFault::none) return;
  require(report.tuples.size() <= sip::kPidfTuplesMax);
  require(report.extension.size() <= sip::kPidfExtensionBytesMax);
  std::string packed;
  im::pack(report, packed);
  im::Report unpacked;
  require(im::unpack(packed, unpacked));
  std::string again;
  im::pack(unpacked, again);
  require(again == packed && inside(unpacked.note, packed));
  im::CompositionRules rules;
  im::Composer composer(rules);
  composer.add(report);
  im::Composed composed;
  composed.availability = composer.availability();
  composed.activities = composer.activities();
  composed.note = base::PackedString(composer.note());
  composed.lang = base::PackedString(composer.lang());
  check_written(composed, unpacked);
}

void check_dialogs(base::Bytes in) {
  sip::DialogInfoReader reader;
  sip::DialogInfo info;
  if (reader.read(in, info) != sip::BodyFault::none) return;
  require(info.calls.size() <= sip::kDialogsMax);
  sip::CallTable table;
  const sip::CallTable::Applied applied = table.apply(info);
  require((applied == sip::CallTable::Applied::changed) == info.full);
  require((table.state() == im::LineState::unknown) == !info.full);
  if (info.full) require(table.apply(info) == sip::CallTable::Applied::old);
}

void check_summary(base::Bytes in) {
  sip::MessageSummary summary;
  if (!sip::read_message_summary(in, summary)) return;
  std::string out;
  sip::write_message_summary(summary, out);
  sip::MessageSummary again;
  require(sip::read_message_summary(out, again));
  require(again.waiting == summary.waiting && again.account == summary.account);
  require(again.voice.fresh == summary.voice.fresh && again.voice.old == summary.voice.old);
  require(again.text.fresh == summary.text.fresh && again.text.old == summary.text.old);
}

void check_session(base::Bytes in) {
  sip::SessionOffer offer;
  if (!sip::read_session_offer(in, offer)) return;
  require(offer.count <= sip::kMediaMax && offer.messages < offer.count);
  std::string out;
  sip::write_session_answer(offer, "[2001:db8::1]:5070", 1, out);
  sip::SessionOffer again;
  require(out.size() > sip::kSdpBytesMax || sip::read_session_offer(out, again));
  require(out.size() > sip::kSdpBytesMax ||
          (again.count == offer.count && again.messages == offer.messages));
}

void check_composing(base::Bytes in) {
  sip::IsComposingReader reader;
  bool active = false;
  static_cast<void>(reader.read(in, active));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::unique_ptr<char[]> block(new char[size]);
  if (size > 0) std::memcpy(block.get(), data, size);
  const base::Bytes in(block.get(), size);
  check_presence(in);
  check_dialogs(in);
  check_summary(in);
  check_session(in);
  check_composing(in);
  return 0;
}
