#include "protocols/jid/precis.h"

#include <unicode/locid.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/ustring.h>

#include "engine/base/check.h"
#include "protocols/jid/ascii.h"

namespace jid {
namespace {

const icu::Normalizer2& nfc() {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* const instance = icu::Normalizer2::getNFCInstance(status);
  CHECK(U_SUCCESS(status));
  return *instance;
}

const icu::Normalizer2& nfkc() {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* const instance = icu::Normalizer2::getNFKCInstance(status);
  CHECK(U_SUCCESS(status));
  return *instance;
}

template <class Map>
void map_characters(icu::UnicodeString& text, Map map) {
  icu::UnicodeString out;
  for (int32_t i = 0; i < text.length();) {
    const UChar32 c = text.char32At(i);
    map(c, out);
    i += U16_LENGTH(c);
  }
  text = out;
}

}  // namespace

bool to_unicode(base::Bytes in, icu::UnicodeString& out) {
  CHECK(in.size() <= kInputBytesMax);
  const auto size = static_cast<int32_t>(in.size());
  // UTF-16 never needs more units than UTF-8 needs bytes.
  UChar* const buffer = out.getBuffer(size + 1);
  CHECK(buffer != nullptr);
  UErrorCode status = U_ZERO_ERROR;
  int32_t length = 0;
  u_strFromUTF8(buffer, size + 1, &length, in.data(), size, &status);
  out.releaseBuffer(U_SUCCESS(status) ? length : 0);
  return U_SUCCESS(status);
}

void map_width(icu::UnicodeString& text) {
  map_characters(text, [](UChar32 c, icu::UnicodeString& out) {
    const int32_t type = u_getIntPropertyValue(c, UCHAR_DECOMPOSITION_TYPE);
    icu::UnicodeString mapped;
    const bool wide = type == U_DT_WIDE || type == U_DT_NARROW;
    if (wide && nfkc().getRawDecomposition(c, mapped)) {
      out.append(mapped);
    } else {
      out.append(c);
    }
  });
}

void map_case(icu::UnicodeString& text) { text.toLower(icu::Locale::getRoot()); }

void map_spaces(icu::UnicodeString& text) {
  map_characters(text, [](UChar32 c, icu::UnicodeString& out) {
    out.append(u_charType(c) == U_SPACE_SEPARATOR ? UChar32{' '} : c);
  });
}

bool normalise(icu::UnicodeString& text) {
  UErrorCode status = U_ZERO_ERROR;
  text = nfc().normalize(text, status);
  return U_SUCCESS(status);
}

}  // namespace jid
