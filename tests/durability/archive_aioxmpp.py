"""Message archive queries (XEP-0313) for aioxmpp, which has none of its own: import it before the
first client is made."""
import aioxmpp
import aioxmpp.misc
import aioxmpp.rsm.xso
import aioxmpp.xso

NAMESPACE = "urn:xmpp:mam:2"


class Result(aioxmpp.xso.XSO):
    TAG = (NAMESPACE, "result")
    id_ = aioxmpp.xso.Attr("id")
    queryid = aioxmpp.xso.Attr("queryid", default=None)
    forwarded = aioxmpp.xso.Child([aioxmpp.misc.Forwarded])


aioxmpp.Message.archive_result = aioxmpp.xso.Child([Result])


@aioxmpp.IQ.as_payload_class
class Query(aioxmpp.xso.XSO):
    TAG = (NAMESPACE, "query")
    queryid = aioxmpp.xso.Attr("queryid", default=None)
    rsm = aioxmpp.xso.Child([aioxmpp.rsm.xso.ResultSetMetadata])


@aioxmpp.IQ.as_payload_class
class Fin(aioxmpp.xso.XSO):
    TAG = (NAMESPACE, "fin")
    UNKNOWN_ATTR_POLICY = aioxmpp.xso.UnknownAttrPolicy.DROP
    complete = aioxmpp.xso.Attr("complete", type_=aioxmpp.xso.Bool(), default=False)
    rsm = aioxmpp.xso.Child([aioxmpp.rsm.xso.ResultSetMetadata])


async def pages(client, page):
    """All of one's own archive: (id, body) in order. `client` is of tests/interop."""
    found = []
    rsm = aioxmpp.rsm.xso.ResultSetMetadata.limit(page)
    for number in range(1_000_000):
        query = Query()
        query.queryid, query.rsm = "q%d" % number, rsm
        fin = await client.client.send(aioxmpp.IQ(type_=aioxmpp.IQType.SET, payload=query))
        results = []
        for event, message in list(client._heard):
            result = message.archive_result if event == "message" else None
            if result is not None and result.queryid == query.queryid:
                results.append((result.id_, result.forwarded.stanza.body.any()))
                client._heard.remove((event, message))
        found += results
        if fin.complete or not results:
            return found
        rsm = fin.rsm.next_page(page)
    return found
