"""Whether a document can order servers back to an earlier commit (Art. 5.1).

That is an exception for the whole province, so the document is judged like one that an allowance
with the scope `all` cites: by the issuers that `competence.allowance` names, and issued for it.
"""

from __future__ import annotations

from hopthu.i18n.joining import joined
from hopthu.i18n.message import Fault, Message
from hopthu.i18n.terms import DOCUMENTS
from hopthu.rules.context import RuleContext
from hopthu.rules.powers.competence import Competent
from hopthu.rules.rows import text, texts

_DECIDING = ("decision", "request")
"""The kinds of documents that can order something; as for allowances, an official letter is one."""
_OUTSIDE = Message("an authority outside the province")


def unfit(facts: RuleContext, document: str) -> Fault:
    """Return why a document of `facts` cannot order a return on the day, and what could.

    None if it can. The document must exist.
    """
    record = facts.documents[document]
    kind, dated = text(record.data, "kind"), text(record.data, "date")
    acts = {act for _, act in texts(record, ("acts", "*"))}
    units = [unit for _, unit in texts(record, ("units", "*"))]
    power, issuer = Competent(facts), facts.issuers.get(document)
    if kind not in _DECIDING:
        return Message(
            "{document} is of kind {kind}, not {wanted}",
            document=document,
            kind=DOCUMENTS.get(kind, kind),
            wanted=Message("decision or request"),
        ), Message("cite the document that orders the return")
    if dated > facts.today:
        return Message(
            "{document} is of {day}, which is still to come", document=document, day=dated
        ), Message("go back once it is in force")
    if issuer is None or not power.may("allowance", issuer, ()):
        able = [each or _OUTSIDE for each in power.able("allowance", ())]
        return Message(
            "{document} is by {unit}, which may not order a return",
            document=document,
            unit=issuer or _OUTSIDE,
        ), Message("cite a document of: {issuers}", issuers=joined(able, ", "))
    if "allowance" not in acts:
        return Message("{document} is not issued for it", document=document), Message(
            "cite the document that orders the return; its record says so: `acts: [allowance]`"
        )
    if units:
        return Message(
            "{document} is about {units} only", document=document, units=", ".join(units)
        ), Message("a return is of the whole province: cite a document without `units`")
    return None
