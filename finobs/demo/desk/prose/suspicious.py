"""What an analyst writes who escalates what was not honest, and who confirms it, by the story that it is of."""

from __future__ import annotations

from typing import Final

from cases.choices import Disposition, ReasonCode

from .explained import Closing

ESCALATIONS: Final[dict[str, tuple[str, ...]]] = {
    "structuring": (
        "{n_in} in cash {period}, {total_in}, each below 10,000 and at one branch after the other. Declared income of {exp_in} a month does not carry it. To be investigated: origin of the cash, and where it goes.",
        "Deposits of {name} ({who}) avoid the reporting limit: {biggest_in} at most, {n_in}, {total_in} in all. Different tellers each time. No sale of a vehicle of that value is on file.",
        "Cash in of {total_in} {period} against {exp_in} expected; nobody at the branches saw more than one piece. Pattern is deliberate in my view.",
    ),
    "structuring-wire": (
        "Wire of {biggest} to {sides} on {last}, paid from cash that came in over the days before in pieces below 10,000. To be looked at with the deposits.",
        "{name} ({who}) sends {total} abroad to {sides}. The account would not hold it without the cash of the last days; declared are {exp_out} a month.",
    ),
    "elder": (
        "Account of an elderly customer{others}. Spending has changed since the second holder joined: {n}, {total}, at night, far from home. Suspected financial exploitation; customer to be spoken to alone.",
        "Withdrawals and gift cards at hours when {name} ({who}) was never active before. {total} {period}, against {exp_out} a month expected. Needs a case, and safeguarding to be told.",
    ),
    "funnel": (
        "Third parties pay cash into {account} at several branches, {month_in} in 30 days; the holder ({who}) has no wages here. Money is gathered and wired on. Classic funnel; escalated.",
        "{N}, {total}, {period}. Depositors are not the holder. Outgoing wires to one merchant abroad follow within days. Expected activity is {exp_in}.",
    ),
    "shell": (
        "Round sums of up to {biggest} reach {name} from companies abroad and leave within a day. No wages, no rent, no tax on the account. One owner is politically exposed. Escalated for source of funds and purpose.",
        "{N} {period}, {total}: consultancy without staff passes money through. Contracts were to be provided at onboarding and are not on file. Needs investigation at entity level.",
    ),
    "mule": (
        "Instant credits from persons unknown to each other, {month_in} in 30 days, passed to an exchange of crypto-assets within the hour. {name} is a {who}; declared {exp_in} a month. Likely money mule.",
        "Young customer, {n}, {total}. References speak of goods and deposits; the senders are probably victims. A margin stays on the account. Outgoing instant payments stopped, case needed.",
        "In and out on the same day: {month_in} in, {month_out} out within 30 days, alerted {n}. Account otherwise lives from an allowance. Asked fraud liaison whether senders have complained.",
    ),
    "leaked-card": (
        "Two payments of a unit or two, then {n} up to {biggest} at web shops abroad within hours. {name} has never bought there. Card blocked; to be investigated as card fraud, {total} at stake.",
        "Card of {account} used in {countries} while the customer paid at home on the same day. {total} {period}. Escalated so that chargebacks are filed in time.",
    ),
    "terminal": (
        "{biggest} at {sides} {period}, disputed by {name}: never filled a tank of that size. Other customers report the same pump. Belongs with the case about the terminal.",
        "Same merchant as in the other items of this week ({sides}); {n}, {total}, hour unusual for this card. Common point of purchase suspected.",
        "Customer {name} ({who}) says the card never left the wallet. {total} at the pump named in the merchant alert. Escalated to be handled together.",
    ),
}  # fmt: skip

CONFIRMATIONS: Final[dict[str, tuple[Closing, ...]]] = {
    "structuring": (
        Closing(Disposition.CONFIRMED, ReasonCode.STRUCTURING, "Cash of {total_in} was paid in in {n_in} {period}, always below 10,000, at all branches in turn; nearly all of it left in one wire to a trader abroad. {name} spoke of the sale of vehicles and produced no contract. Deposits were sized and placed so that nobody reported them. Report to be filed; relationship to be reviewed."),
        Closing(Disposition.CONFIRMED, ReasonCode.STRUCTURING, "I compared teller slips, camera times and amounts for {account}. The customer ({who}) went to a different branch each half day, largest piece {biggest_in}. Income on file is {exp_in} a month. No lawful source was shown for {total_in}. Confirmed as structuring; the wire's beneficiary is named in the draft report."),
        Closing(Disposition.CONFIRMED, ReasonCode.STRUCTURING, "Asked about {n_in} of cash {period}, {name} said that a friend had told them to stay under the limit. {total_in} in all, {biggest_in} the largest. Knowledge of the limit is therefore admitted. Origin unproven; report drafted, branches told to refer any further deposit."),
    ),
    "structuring-wire": (
        Closing(Disposition.CONFIRMED, ReasonCode.STRUCTURING, "The wire of {biggest} ({last}) is the end of a series of cash deposits in pieces below the reporting limit at all branches. Beneficiary {sides} trades in vehicles; {name} has no contract with them. Confirmed together with the deposits; recall was refused."),
        Closing(Disposition.CONFIRMED, ReasonCode.STRUCTURING, "{name} ({who}) moved {total} abroad a day after the last deposit. I followed the money back: cash, no invoice, no tax return that shows such a trade. {month_in} came in within 30 days against {exp_in} declared. Report names payer and beneficiary."),
    ),
    "elder": (
        Closing(Disposition.CONFIRMED, ReasonCode.OTHER_SUSPICION, "Spoke to {name} alone at the branch: does not know of the cash machines nor the gift cards, and was told that the transfers were for care. The second holder, {second}, had the card. {total} in {n} {period}. Financial exploitation; adult protection informed, second card withdrawn, report to be filed."),
        Closing(Disposition.CONFIRMED, ReasonCode.OTHER_SUSPICION, "Before the joint mandate: pension, rent, groceries. After it: {n}, {total}, late in the evening, away from the town where {name} lives. {second} gave three different explanations. Confirmed; savings that are left have been moved under a sole mandate at the customer's wish."),
    ),
    "funnel": (
        Closing(Disposition.CONFIRMED, ReasonCode.MONEY_MULE, "{month_in} of 30 days came in, nearly all of it as cash from people who are not the holder, at every branch, and went by wire to one merchant abroad. {name} ({who}) could name none of the depositors. No goods were traded. Account was used as a funnel; exit recommended, report drafted with the list of deposits."),
        Closing(Disposition.CONFIRMED, ReasonCode.MONEY_MULE, "Deposits {period} in several towns on the same days: the holder cannot have made them. Outgoing in 30 days {month_out}. Beneficiary has no trade that explains it. Suspicion stands; shared with the liaison office."),
    ),
    "shell": (
        Closing(Disposition.CONFIRMED, ReasonCode.OTHER_SUSPICION, "{name} has no premises, staff or website. Round sums ({biggest} the largest) arrive under consulting agreements that are one page long and unsigned, and leave the next day for real estate. The second owner, {second}, held public office abroad until last year. No economic sense was shown for {total}. Report filed as suspicion of laundering the proceeds of corruption."),
        Closing(Disposition.CONFIRMED, ReasonCode.OTHER_SUSPICION, "Reviewed {month_n} payments of 30 days: {month_in} in, {month_out} out, nothing stays. Both payers were founded within the same month abroad. Owners refused to name the end customers. Confirmed; senior management asked to decide on the exit."),
    ),
    "mule": (
        Closing(Disposition.CONFIRMED, ReasonCode.MONEY_MULE, "{name} admits having given access to the account for seven per cent. {month_in} came in, most of it from victims of sales that never were, and {total} {period} went to an exchange of crypto-assets. Recalls were sent to the senders' banks; what was left is frozen. Report and police notice prepared."),
        Closing(Disposition.CONFIRMED, ReasonCode.MONEY_MULE, "Two sending banks confirm fraud reports about these credits. The customer ({who}) forwarded {total} in {n} {period}, each within the hour of its receipt. Device log shows a second telephone. Confirmed as money mule; account closed with notice."),
        Closing(Disposition.CONFIRMED, ReasonCode.MONEY_MULE, "Chat messages that the customer showed us name a recruiter. Pattern of {period}: credit, and most of it out at once. Declared {exp_in} a month. Whether {name} knew is for the authorities; that the money is from fraud is beyond doubt."),
    ),
    "leaked-card": (
        Closing(Disposition.CONFIRMED, ReasonCode.STOLEN_CREDENTIALS, "Card data were used by somebody else: two small tries, then {n} {period}, {total}, in {countries}. {name} was at work and has the card. Chargebacks filed for all of them; new card issued. Source of the leak unknown, a web shop used in spring is likely."),
        Closing(Disposition.CONFIRMED, ReasonCode.STOLEN_CREDENTIALS, "Written dispute of {name} received. None of the shops ({sides}) was ever used before, addresses of delivery are not the customer's. Loss before chargeback {total}. Confirmed as stolen credentials; no sign that the customer took part."),
        Closing(Disposition.CONFIRMED, ReasonCode.STOLEN_CREDENTIALS, "Testing pattern, foreign merchants, night hours. Authorisation log: card number typed in, no second factor. Customer since {since} without any dispute. {total} claimed back from the acquirers."),
    ),
    "terminal": (
        Closing(Disposition.CONFIRMED, ReasonCode.COMPROMISED_TERMINAL, "One pump at {sides} is common to all cards of this case. Amounts of {biggest} and similar, unusual hours, customers who do not know each other. The acquirer found a skimming device on {last}. Cards of all who paid there in the window replaced; losses claimed."),
        Closing(Disposition.CONFIRMED, ReasonCode.COMPROMISED_TERMINAL, "Common point of purchase established: {n}, {total}, {period}. Statements of the customers agree. Terminal taken out of service by the operator. Confirmed; typology and merchant passed on to the scheme."),
    ),
}  # fmt: skip
