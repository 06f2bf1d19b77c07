// Addresses: what is accepted is in normal form, and its parts make the whole.
#include "protocols/jid/jid.h"

#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::unique_ptr<char[]> block(new char[size]);
  if (size > 0) std::memcpy(block.get(), data, size);
  const base::Bytes in(block.get(), size);
  std::string scratch;
  std::string password;
  jid::JidView view;
  (void)jid::prepare_password(in, password);
  if (!jid::parse(in, scratch, view)) return 0;
  std::string joined;
  if (view.has_local()) joined.append(view.local()).append("@");
  joined.append(view.domain());
  require(view.bare() == joined);
  if (view.has_resource()) joined.append("/").append(view.resource());
  require(view.full() == joined);
  require(view.local().size() <= 1023 && view.domain().size() <= 1023);
  require(view.resource().size() <= 1023 && !view.domain().empty());
  const jid::JidView again = jid::JidView::trusted(joined);
  require(again.local() == view.local() && again.resource() == view.resource());
  std::string second_scratch;
  jid::JidView second;
  require(jid::parse(joined, second_scratch, second));
  require(second == view);
  return 0;
}
