"""The articles of Decision 824/2005/QĐ-UB that rules may cite, each with a short summary."""

from __future__ import annotations

ARTICLES = {
    "Art. 1": "what the system is, and the networks it is reached over",
    "Art. 2": "the Office of the People's Committee runs it",
    "Art. 3": "whom it is for: units and officials that were authorised",
    "Art. 4": "its parts, its addresses, the two kinds of mailbox, the directory",
    "Art. 5": "duties of the units",
    "Art. 5.1": "duties of the operator: accounts, service, security, rights, scanning, storage",
    "Art. 5.2": "duties of the units: asking for every change of units and people, in time",
    "Art. 6": "duties of the owner of a personal mailbox",
    "Art. 6.1": "owners manage and keep their mail",
    "Art. 6.2": "owners answer for what they send",
    "Art. 6.3": "mail is used for its purpose",
    "Art. 6.4": "nobody uses another's mailbox; passwords are kept secret",
    "Art. 6.5": "no viruses; faults and abuse are reported to the administrators",
    "Art. 7": "the use of a unit's mailbox",
    "Art. 7.1": "one mailbox a unit, for its correspondence and for telling its people",
    "Art. 7.2": "the head manages it and may authorise one person of the unit",
    "Art. 7.3": "the head regulates its use in writing",
    "Art. 8": "no mail systems of units' own, no free mail for official business",
    "Art. 9": "heads of units are responsible for compliance",
}
