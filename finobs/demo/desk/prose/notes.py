"""Notes on the way: what was looked at, what was asked, and what leads say who assign, reject and reopen."""

from __future__ import annotations

from typing import Final

TRIAGE: Final = (
    "Opened the account's last 90 days. {month_n} payments in the last 30, {month_in} in and {month_out} out. {earlier}. Going through the counterparties next.",
    "Profile: {who}, customer since {since}, risk {risk} ({risk_reason}). Expected {exp_in} in and {exp_out} out a month. Alerted: {n}, {total}.",
    "Counterparties of the alert: {sides}. Screened, no hits. Comparing with the months before.",
    "Checked for linked items: {earlier}. Holder {name}{others}. Alerted amount {total} {period}.",
    "Asked {manager} whether the branch knows of anything out of the ordinary; answer expected today.",
    "First impression of {ref}: {biggest} at most, {n}. Reading statements before I decide whether to call.",
)
PLANS: Final[dict[bool, tuple[str, ...]]] = {
    True: (
        "Plan for {ref}: statements of six months, all parties to {account}, where the money came from and where it went, calls with the branches. Exposure so far {total}.",
        "Timeline begun: first alerted payment {first}, last {last}, {n} so far. Requested copies of slips and mandates from {manager}.",
        "Subject: {name}, {who}, customer since {since}{others}. Known to us before: {earlier}. Outgoing payments above 1,000 are on manual release until this is decided.",
        "Mapped 30 days of {account}: {month_in} in, {month_out} out. Checking whether counterparties ({sides}) appear with other customers.",
    ),
    False: (
        "Escalated by the policy because of the amount or the number of alerts. {name} ({who}); {total} {period}. Asking for documents on origin and purpose before anything else.",
        "Nothing adverse in the profile: customer since {since}, risk {risk}. {sides} on the other side. What is missing is paper.",
        "Read through 30 days of {account}: {month_in} in, {month_out} out. The alerted payments stand alone. Contact with the customer through {manager}.",
    ),
}  # fmt: skip
PROGRESS: Final[dict[bool, tuple[str, ...]]] = {
    True: (
        "Answer of the branch received. It agrees with what the payments show: {n}, {total}. No document supports another reading so far.",
        "Interview held, minutes in the file. {name} could not say convincingly what {biggest} was for. Remaining: conclusion on the whole, then draft of the report.",
        "Second look at the counterparties ({sides}): public sources, register, earlier reports. Findings added to the timeline, which now runs from {first} to {last}.",
        "Consulted the other team; same pattern seen elsewhere this quarter. I see enough to conclude.",
    ),
    False: (
        "Documents arrived and agree with the payments of {period}. Amounts, names and dates compared line by line; {total} is accounted for.",
        "{manager} has spoken to the customer: explanation is coherent and can be checked. One document still to be read.",
        "Nothing new at the account since {last}. The explanation holds; preparing the conclusion.",
    ),
}  # fmt: skip
WAITING_FOR: Final = (
    "Answer of the customer about origin and purpose", "Copies of deposit slips from the branches",
    "Reply of the sending bank to our request for information", "Documents announced by the relationship manager",
    "Statement of the merchant's acquirer",
)  # fmt: skip
ASSIGNED: Final = (
    "You worked on this customer before.", "Highest amount in the queue, please look today.",
    "Same merchant as in your other items.", "Balance of the queue: you have the fewest.",
)  # fmt: skip
APPROVED: Final = (
    "Read the file; the conclusion follows from it.", "Agreed. Reasoning is complete and the evidence is attached.",
    "Agreed, and well documented.", "Checked two of the payments myself; agreed.",
)  # fmt: skip
REJECTED: Final = (
    "Not yet: say which document shows the origin of the money, and where it is filed.",
    "The period before the first alert is not covered. Please look at the three months before as well.",
    "Conclusion may be right, but the counterparty was not looked at.",
)  # fmt: skip
AMENDED: Final = (
    "Added after the lead's remark: documents are numbered 1 to 4 in the file; number 2 shows what {total} was. Nothing in it changes the conclusion.",
    "Looked at the three months before {first} as asked: no payments of this kind. Conclusion unchanged, wording made more precise.",
    "Counterparties examined as asked ({sides}); result is in the timeline.",
)  # fmt: skip
REOPENED: Final = "Quality sample: the rationale does not say what was compared. Please complete it; the conclusion itself is not doubted."
REFERRAL_TITLE: Final = "Elderly customer accompanied and told what to sign at the counter"
REFERRAL: Final = (
    "{name} came to the counter at {branch} with {second}, who is joint holder since this year. {second} did the "
    "talking and held the passbook and both cards. Wanted 4,000 in cash “for the roof”; asked whose roof, and "
    "{name} looked at {second} before answering. When I asked {name} into the side room alone, {second} said there was "
    "no time. {name} did not know the balance and believed that the savings were untouched. I paid out nothing and "
    "said that the machine was being serviced. I "
    "have known this customer for eleven years, and have not seen this before."
)
