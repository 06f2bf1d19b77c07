#include "tests/fuzz/xml_mutator.h"

#include <algorithm>
#include <iterator>

namespace fuzz {

const base::Bytes kStreamHeader =
    "<?xml version='1.0'?><stream:stream to='localhost' xmlns='jabber:client' "
    "xmlns:stream='http://etherx.jabber.org/streams' xmlns:h='urn:header' version='1.0'>";

namespace {

constexpr base::Bytes kStanzas[] = {
    "<message to='bob@localhost' type='chat' id='m1' xml:lang='en'><body>Art thou not Romeo, and "
    "a Montague?</body><thread>e0ffe42b28561960c6b12b944a092794b9683a38</thread></message>",
    "<message from=\"a@b/c\" to=\"d@e\"><body>it's &lt;b&gt; &amp; &quot;q&quot; &apos; &#65;"
    "&#x1F600; ok</body><active xmlns='http://jabber.org/protocol/chatstates'/></message>",
    "<message><body><![CDATA[<not> & a 'tag' ]] ]> ]]></body><x><![CDATA[]]></x></message>",
    "<message id='\u00fc'><body>Gr\u00fc\u00dfe \u4f60\u597d \U0001f600</body>"
    "<\u00e9l\u00e9ment \u00e0='\u03c0'/></message>",
    "<presence/>",
    "<presence type='unavailable'><status>away \r\n now\r</status></presence>",
    "<presence><show>xa</show><status>down &gt; the rabbit hole</status><priority>5</priority>"
    "<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='http://x/' ver='a+b/c='/>"
    "<x xmlns='vcard-temp:x:update'><photo>deadbeef</photo></x></presence>",
    "<iq type='get' id='r1'><query xmlns='jabber:iq:roster' ver=''/></iq>",
    "<iq type='result' id='r1' to='a@b/c'><query xmlns='jabber:iq:roster' ver='5'>"
    "<item jid='x@y' name='X &amp; Y' subscription='both'><group>Friends</group></item>"
    "<item jid='z@y' subscription='from'/></query></iq>",
    "<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
    "<resource>balcony</resource></bind></iq>",
    "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>"
    "</stream:features>",
    "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AGp1bGlldABzZWNyZXQ=</auth>",
    "<h:item h:a='1' a='2' xmlns:p='urn:p' p:a='3'><p:child xmlns:p='urn:q' p:z=''/></h:item>",
    "<p:m xmlns:p='urn:p' xmlns='urn:d'><c/><p:c xmlns=''><d/></p:c><xml:x xml:space='keep'/>"
    "</p:m>",
    "<a xmlns:xml='http://www.w3.org/XML/1998/namespace'>\t<b\n c = 'd\te\nf'\t/ ></b ></a >",
    "<a  b='1'\r\n c=\"2\" ><d /></a\t>",
    "<message><forwarded xmlns='urn:xmpp:forward:0'><delay xmlns='urn:xmpp:delay' "
    "stamp='2010-07-10T23:08:25Z'/><message xmlns='jabber:client' to='a@b'><body>&#10;&#13;&#9;"
    "</body></message></forwarded></message>",
    "<r xmlns='urn:xmpp:sm:3'/>",
    "<a h='17' xmlns='urn:xmpp:sm:3'/>",
    "</stream:stream>",
};

constexpr base::Bytes kFragments[] = {
    "<",
    ">",
    "/",
    "'",
    "\"",
    "=",
    "&",
    ";",
    ":",
    " ",
    "\t",
    "\n",
    "\r",
    "]]>",
    "<![CDATA[",
    "-->",
    "<!--x-->",
    "<?pi x?>",
    "<!DOCTYPE a>",
    "<!",
    "<?",
    "</",
    "/>",
    "</>",
    "<>",
    "< ",
    "<a>",
    "</a>",
    "<a/>",
    "<a b='c'/>",
    "<h:a/>",
    "</h:a>",
    "<:a/>",
    "<a:/>",
    "<a:b:c/>",
    "<unbound:a/>",
    "&amp;",
    "&lt;",
    "&foo;",
    "&#0;",
    "&#1;",
    "&#9;",
    "&#xD800;",
    "&#xFFFE;",
    "&#xFFFF;",
    "&#x10FFFF;",
    "&#x110000;",
    "&#;",
    "&#x;",
    "&#X41;",
    "&#00065;",
    "&#99999999999;",
    "&amp",
    "& ",
    "&;",
    "&#38;#38;",
    "\x01",
    "\x0b",
    "\x1f",
    "\x7f",
    "\xc2\x85",
    "\xef\xbf\xbe",
    "\xef\xbf\xbf",
    "\xef\xbf\xbd",
    "\xef\xbb\xbf",
    "\xed\xa0\x80",
    "\xc0\x80",
    "\xff",
    "\x80",
    "\xe2\x82",
    "\xf0\x9f\x98\x80",
    "\xf4\x90\x80\x80",
    "\xc3\xa9",
    "\xcc\x81",
    "\xc2\xb7",
    "\xe4\xb8\x80",
    "\xc3\x97",
    " xmlns=''",
    " xmlns='urn:x'",
    " xmlns:x='urn:x'",
    " xmlns:x=''",
    " xmlns:xml='urn:x'",
    " xmlns:xml='http://www.w3.org/XML/1998/namespace'",
    " xmlns:x='http://www.w3.org/XML/1998/namespace'",
    " xmlns:xmlns='urn:x'",
    " xmlns='http://www.w3.org/2000/xmlns/'",
    " xmlns:h='urn:other'",
    " xml:lang='de'",
    " x:a='1'",
    " h:a='1'",
    " a='1'",
    " a=1",
    " a",
    " a=",
    " a='<'",
    " a='>'",
    " a='&lt;'",
    " a='&'",
    "a='1'",
    " xmlns:='urn:x'",
    " :a='1'",
    " a:='1'",
    " 1a='1'",
    " -a='1'",
    " a.b-c_1=''",
    " xmlns:a='urn:s' xmlns:b='urn:s' a:x='' b:x=''",
    " xmlns:a='&#117;rn:s'",
    "1",
    "-",
    ".",
    "_",
    ",",
    "xmlns",
    "xml",
    " \r\n ",
    "]]",
    "]",
    "]]&gt;",
};

bool is_structure(char c) { return base::Bytes("<>\"'/= &;:").find(c) != base::Bytes::npos; }

}  // namespace

size_t XmlMutator::place(base::Bytes in) {
  size_t at = below(in.size() + 1);
  if (chance(3)) return at;
  while (at < in.size() && !is_structure(in[at])) ++at;
  if (at < in.size() && chance(2)) ++at;
  return at;
}

base::Bytes XmlMutator::some_attribute(base::Bytes in) {
  const size_t equals = in.find('=', below(in.size() + 1));
  if (equals == base::Bytes::npos || equals + 1 >= in.size()) return {};
  const size_t begin = in.rfind(' ', equals);
  const size_t end = in.find(in[equals + 1], equals + 2);
  if (begin == base::Bytes::npos || end == base::Bytes::npos) return {};
  return in.substr(begin, end + 1 - begin);
}

void XmlMutator::mutate_attribute(std::string& stream) {
  const base::Bytes found = some_attribute(stream);
  if (found.empty()) return;
  const std::string attribute(found);
  const auto at = static_cast<size_t>(found.data() - stream.data());
  switch (below(4)) {
    case 0:  // twice
      stream.insert(at, attribute);
      break;
    case 1:  // without the space before it
      stream.erase(at, 1);
      break;
    case 2:  // somewhere else
      stream.erase(at, attribute.size());
      stream.insert(place(stream), attribute);
      break;
    default:  // with the other quotes, which its value may contain
      std::replace(stream.begin() + static_cast<ptrdiff_t>(at),
                   stream.begin() + static_cast<ptrdiff_t>(at + attribute.size()), '\'', '"');
      break;
  }
}

void XmlMutator::mutate_bytes(std::string& stream) {
  if (stream.empty()) return;
  const size_t at = std::min(place(stream), stream.size() - 1);
  const size_t size = std::min(1 + below(chance(4) ? 40 : 3), stream.size() - at);
  switch (below(4)) {
    case 0:
      stream[at] = static_cast<char>(below(chance(2) ? 128 : 256));
      break;
    case 1:
      stream.erase(at, size);
      break;
    case 2:
      stream.insert(place(stream), stream.substr(at, size));
      break;
    default:
      std::swap(stream[at], stream[below(stream.size())]);
      break;
  }
}

void XmlMutator::mutate(std::string& stream) {
  switch (below(5)) {
    case 0:
      mutate_attribute(stream);
      break;
    case 1:
      mutate_bytes(stream);
      break;
    case 2: {  // part of another stanza
      const base::Bytes other = kStanzas[below(std::size(kStanzas))];
      const size_t from = place(other);
      stream.insert(place(stream), other.substr(from, below(other.size() - from + 1)));
      break;
    }
    default:
      stream.insert(place(stream), kFragments[below(std::size(kFragments))]);
      break;
  }
}

std::string XmlMutator::make() {
  std::string stanzas;
  const size_t count = 1 + below(3);
  for (size_t i = 0; i < count; ++i) {
    stanzas.append(kStanzas[below(std::size(kStanzas))]);
    if (chance(4)) stanzas.append(chance(2) ? " " : "\n");
  }
  std::string stream(kStreamHeader);
  if (chance(16)) {
    mutate(stream);
    return stream + stanzas;
  }
  for (size_t faults = chance(12) ? 0 : 1 + below(3); faults > 0; --faults) mutate(stanzas);
  return stream + stanzas;
}

}  // namespace fuzz
