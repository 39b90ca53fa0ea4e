"""The rule that who may only hold mailboxes corrects only records with a hold (Art. 5.1)."""

from __future__ import annotations

from collections.abc import Iterator

from hopthu.diagnostics.problem import Problem
from hopthu.rules.book import check_edit
from hopthu.rules.context import RuleContext
from hopthu.rules.powers.competence import Competent, incompetent
from hopthu.rules.powers.uses import beside_rows
from hopthu.rules.revision_pairs import newly_cited, pairs


@check_edit
def of_holds(before: RuleContext, after: RuleContext) -> Iterator[Problem]:
    """Report new corrections by those who may correct a hold alone, where there was and is none.

    Later on the record shows no more of a hold that was taken out.
    """
    power = Competent(after)
    cited = {
        (new.kind, new.id): named
        for old, new in pairs(before, after, "units", "people")
        if "hold" not in old.data and "hold" not in new.data and (named := newly_cited(old, new))
    }
    for use in beside_rows(after) if cited else ():
        named = cited.get((use.record.kind, use.record.id), set())
        if use.act != "correction" or use.document not in named & power.issuers.keys():
            continue
        if power.permits(use) and not power.permits(use, but="hold"):
            yield incompetent(power, use)
