// The derived property of a code point (RFC 8264 §8 and §9) and the contextual rules of RFC 5892
// appendix A.
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/uscript.h>

#include "engine/base/check.h"
#include "protocols/jid/precis.h"

namespace jid {
namespace {

enum class Property : uint8_t { valid, freeform_only, context, disallowed };

bool between(UChar32 c, UChar32 first, UChar32 last) { return c >= first && c <= last; }

// RFC 5892 §2.6, taken over by RFC 8264 §9.6.
bool is_exception(UChar32 c, Property& out) {
  switch (c) {
    case 0x00df:
    case 0x03c2:
    case 0x06fd:
    case 0x06fe:
    case 0x0f0b:
    case 0x3007:
      out = Property::valid;
      return true;
    case 0x00b7:
    case 0x0375:
    case 0x05f3:
    case 0x05f4:
    case 0x30fb:
      out = Property::context;
      return true;
    case 0x0640:
    case 0x07fa:
    case 0x302e:
    case 0x302f:
    case 0x303b:
      out = Property::disallowed;
      return true;
    default:
      break;
  }
  if (between(c, 0x3031, 0x3035)) {
    out = Property::disallowed;
    return true;
  }
  if (between(c, 0x0660, 0x0669) || between(c, 0x06f0, 0x06f9)) {
    out = Property::context;
    return true;
  }
  return false;
}

bool has_compatibility_form(UChar32 c) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* const nfkc = icu::Normalizer2::getNFKCInstance(status);
  CHECK(U_SUCCESS(status));
  return !nfkc->isNormalized(icu::UnicodeString(c), status);
}

bool is_old_hangul_jamo(UChar32 c) {
  const int32_t type = u_getIntPropertyValue(c, UCHAR_HANGUL_SYLLABLE_TYPE);
  return type == U_HST_LEADING_JAMO || type == U_HST_VOWEL_JAMO || type == U_HST_TRAILING_JAMO;
}

Property property_of(UChar32 c) {
  Property exception = Property::disallowed;
  if (is_exception(c, exception)) return exception;
  const bool noncharacter = u_hasBinaryProperty(c, UCHAR_NONCHARACTER_CODE_POINT);
  const uint32_t category = U_GET_GC_MASK(c);
  if ((category & U_GC_CN_MASK) != 0 && !noncharacter) return Property::disallowed;
  if (between(c, 0x21, 0x7e)) return Property::valid;
  if (u_hasBinaryProperty(c, UCHAR_JOIN_CONTROL)) return Property::context;
  if (is_old_hangul_jamo(c)) return Property::disallowed;
  if (noncharacter || u_hasBinaryProperty(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT)) {
    return Property::disallowed;
  }
  if ((category & U_GC_CC_MASK) != 0) return Property::disallowed;
  if (has_compatibility_form(c)) return Property::freeform_only;
  constexpr uint32_t kLetterDigits = U_GC_LL_MASK | U_GC_LU_MASK | U_GC_LO_MASK | U_GC_ND_MASK |
                                     U_GC_LM_MASK | U_GC_MN_MASK | U_GC_MC_MASK;
  if ((category & kLetterDigits) != 0) return Property::valid;
  constexpr uint32_t kOthers = U_GC_LT_MASK | U_GC_NL_MASK | U_GC_NO_MASK | U_GC_ME_MASK |
                               U_GC_ZS_MASK | U_GC_S_MASK | U_GC_P_MASK;
  return (category & kOthers) != 0 ? Property::freeform_only : Property::disallowed;
}

UChar32 before(const icu::UnicodeString& text, int32_t at) {
  return at == 0 ? U_SENTINEL : text.char32At(at - 1);
}

UChar32 after(const icu::UnicodeString& text, int32_t at) {
  const int32_t next = at + U16_LENGTH(text.char32At(at));
  return next >= text.length() ? U_SENTINEL : text.char32At(next);
}

bool has_script(UChar32 c, UScriptCode wanted) {
  UErrorCode status = U_ZERO_ERROR;
  return c >= 0 && uscript_getScript(c, &status) == wanted && U_SUCCESS(status);
}

int32_t joining_type(UChar32 c) { return u_getIntPropertyValue(c, UCHAR_JOINING_TYPE); }

bool is_virama(UChar32 c) { return c >= 0 && u_getCombiningClass(c) == 9; }

// A.1: between letters that join, transparent ones aside.
bool joins_both_sides(const icu::UnicodeString& text, int32_t at) {
  int32_t left = at;
  UChar32 c = U_SENTINEL;
  do {
    if (left == 0) return false;
    left = text.moveIndex32(left, -1);
    c = text.char32At(left);
  } while (joining_type(c) == U_JT_TRANSPARENT);
  if (joining_type(c) != U_JT_LEFT_JOINING && joining_type(c) != U_JT_DUAL_JOINING) return false;
  int32_t right = at;
  do {
    right = text.moveIndex32(right, 1);
    if (right >= text.length()) return false;
    c = text.char32At(right);
  } while (joining_type(c) == U_JT_TRANSPARENT);
  return joining_type(c) == U_JT_RIGHT_JOINING || joining_type(c) == U_JT_DUAL_JOINING;
}

template <class Predicate>
bool any(const icu::UnicodeString& text, Predicate predicate) {
  for (int32_t i = 0; i < text.length(); i = text.moveIndex32(i, 1)) {
    if (predicate(text.char32At(i))) return true;
  }
  return false;
}

bool allowed_in_context(const icu::UnicodeString& text, int32_t at) {
  const UChar32 c = text.char32At(at);
  switch (c) {
    case 0x200c:  // ZERO WIDTH NON-JOINER
      return is_virama(before(text, at)) || joins_both_sides(text, at);
    case 0x200d:  // ZERO WIDTH JOINER
      return is_virama(before(text, at));
    case 0x00b7:  // MIDDLE DOT, as in Catalan
      return before(text, at) == 'l' && after(text, at) == 'l';
    case 0x0375:  // GREEK LOWER NUMERAL SIGN
      return has_script(after(text, at), USCRIPT_GREEK);
    case 0x05f3:  // HEBREW PUNCTUATION GERESH, GERSHAYIM
    case 0x05f4:
      return has_script(before(text, at), USCRIPT_HEBREW);
    case 0x30fb:  // KATAKANA MIDDLE DOT
      return any(text, [](UChar32 x) {
        return has_script(x, USCRIPT_HIRAGANA) || has_script(x, USCRIPT_KATAKANA) ||
               has_script(x, USCRIPT_HAN);
      });
    default:  // the two sets of Arabic digits do not mix
      if (between(c, 0x0660, 0x0669)) {
        return !any(text, [](UChar32 x) { return between(x, 0x06f0, 0x06f9); });
      }
      CHECK(between(c, 0x06f0, 0x06f9));
      return !any(text, [](UChar32 x) { return between(x, 0x0660, 0x0669); });
  }
}

}  // namespace

bool conforms(const icu::UnicodeString& text, StringClass string_class) {
  for (int32_t i = 0; i < text.length(); i = text.moveIndex32(i, 1)) {
    switch (property_of(text.char32At(i))) {
      case Property::valid:
        break;
      case Property::freeform_only:
        if (string_class == StringClass::identifier) return false;
        break;
      case Property::context:
        if (!allowed_in_context(text, i)) return false;
        break;
      case Property::disallowed:
        return false;
    }
  }
  return true;
}

}  // namespace jid
