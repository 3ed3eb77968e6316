"""What an analyst writes who closes what was honest, by what it was. Filled with `Facts.texts`."""

from __future__ import annotations

from typing import Final, NamedTuple

from cases.choices import Disposition, ReasonCode


class Closing(NamedTuple):
    disposition: str
    reason: str
    text: str


CLOSINGS: Final[dict[str, tuple[Closing, ...]]] = {
    "salary": (
        Closing(Disposition.FALSE_POSITIVE, ReasonCode.RULE_TOO_WIDE, "Credit of {biggest} from {sides} {period} is wages. The model measures it against the small card payments of this account, so every payday looks large. {name} ({who}) has been paid by the same employer before and declared {exp_in} a month. Nothing else in the last 30 days stands out."),
        Closing(Disposition.NO_ACTION, ReasonCode.KNOWN_PATTERN, "Reviewed 30 days of {account}: {month_n} payments, {month_in} in, {month_out} out. The alerted amount is the monthly pay of {name}, sent by {sides}. It is spent on rent, cards and debits as before; nothing leaves at once. In line with the declared {exp_in}."),
        Closing(Disposition.FALSE_POSITIVE, ReasonCode.KNOWN_PATTERN, "{name}, customer since {since}, is paid once a month. Compared {biggest} ({last}) with the earlier payslips of the same payer: same reference, same day of the month. Not unusual for this customer; the seven-day mean simply contains no payday."),
        Closing(Disposition.NO_ACTION, ReasonCode.KNOWN_PATTERN, "Payer {sides} is a known employer with several of our customers on its payroll. Amount {total}, {period}, fits the occupation on file ({who}). Outgoing side checked for onward transfers on the same and the next two days: none. No further action."),
        Closing(Disposition.FALSE_POSITIVE, ReasonCode.RULE_TOO_WIDE, "Payroll credit. Checked payer, reference and date against the last three months of {account}; they agree; {earlier}. Suggest that the model be told of salary payers."),
    ),
    "fuel": (
        Closing(Disposition.FALSE_POSITIVE, ReasonCode.RULE_TOO_WIDE, "{biggest} at {sides} {period}: an ordinary fill. The alert stems from other customers' disputed payments at this merchant, not from anything {name} did. Amount and hour fit the card's earlier use, and the customer has not reported the card."),
        Closing(Disposition.NO_ACTION, ReasonCode.CUSTOMER_EXPLAINED, "Called {name} on the number on file: confirms {n} at {sides} {period}, card was in the customer's hands throughout. Offered a new card because of the terminal; accepted. No loss on {account}."),
        Closing(Disposition.FALSE_POSITIVE, ReasonCode.KNOWN_PATTERN, "The petrol station is one that {name} ({who}) uses regularly; {total} is the price of a tank. The pump is under review in other items, this payment is not part of the pattern (those are several hundred each). Closed here, card flagged for routine replacement."),
        Closing(Disposition.NO_ACTION, ReasonCode.KNOWN_PATTERN, "Looked for what the affected cards have in common: large even amounts at unusual hours. Here {n}, {total} together, at a usual hour. {month_n} payments in 30 days, none disputed. Explained; would be reopened if the customer disputes anything."),
        Closing(Disposition.FALSE_POSITIVE, ReasonCode.RULE_TOO_WIDE, "Merchant risk, not customer risk. Of {account} {n} at {sides} {were} alerted, {total} in all, and nothing of a card being tried out before or after. {name} lives nearby."),
    ),
    "cards": (
        Closing(Disposition.NO_ACTION, ReasonCode.KNOWN_PATTERN, "{N} by card {period}, {total} together, at {sides}. Several small purchases on one day, all in {countries}, all with the card present or at shops used before. No test amounts, no shop abroad; usual for a weekend of {name} ({who})."),
        Closing(Disposition.FALSE_POSITIVE, ReasonCode.RULE_TOO_WIDE, "The rule counts card payments within a day and nothing else. Went through them one by one: groceries, lunch, transport. Largest {biggest}. Declared outgoings are {exp_out} a month, the last 30 days came to {month_out}."),
        Closing(Disposition.NO_ACTION, ReasonCode.CUSTOMER_EXPLAINED, "Reached {name} by telephone: was shopping {period}, recognises every merchant ({sides}). Card in possession, PIN not shared. {total} in all is little against {exp_out} a month. Closed as explained."),
        Closing(Disposition.FALSE_POSITIVE, ReasonCode.KNOWN_PATTERN, "Pattern seen before at {account}: many small card payments on one day of the week, few on others. {month_n} payments in 30 days for {exp_n} declared. Neither amounts ({biggest} at most) nor merchants suggest that somebody else holds the card."),
        Closing(Disposition.NO_ACTION, ReasonCode.KNOWN_PATTERN, "Compared merchants and hours of {period} with the previous month: {sides} appear in both. No declined attempts. I see a busy day and no fraud. Remains on the usual monitoring."),
    ),
    "own": (
        Closing(Disposition.FALSE_POSITIVE, ReasonCode.KNOWN_PATTERN, "{biggest} {period} moved between accounts of the same holder, {name}. Round because it is a standing order. Beneficial ownership on both sides confirmed by name and by the customer's list of accounts."),
        Closing(Disposition.NO_ACTION, ReasonCode.KNOWN_PATTERN, "Own funds: {sides}. The money came back from, or went to, savings and was not passed on; balance movements over 30 days ({month_in} in, {month_out} out) leave no gap. Relationship manager {manager} knows the arrangement."),
        Closing(Disposition.FALSE_POSITIVE, ReasonCode.RULE_TOO_WIDE, "Transfer of {total} to an account of one's own. Unusual only because {account} is otherwise quiet. Customer since {since}, risk {risk}. Not worth a second look unless it repeats with other names."),
    ),
    "household": (
        Closing(Disposition.FALSE_POSITIVE, ReasonCode.KNOWN_PATTERN, "Rent. {biggest} to {sides}, first business day, as in the months before. {name} ({who}) has the tenancy on file. The model lacks a month of history of this payee."),
        Closing(Disposition.NO_ACTION, ReasonCode.KNOWN_PATTERN, "Standing order for housing, {total} {period}. Payee {sides} receives the like from other customers of ours as well. Income of {month_in} in the 30 days covers it. Nothing to pursue."),
    ),
    "family": (
        Closing(Disposition.NO_ACTION, ReasonCode.CUSTOMER_EXPLAINED, "{name} supports relatives: {n} to {sides} {period}, {total}. Spoke to the customer, who named the relationship and the purpose without being led. Amounts are modest against {month_in} of income in 30 days; same payee for a long time."),
        Closing(Disposition.FALSE_POSITIVE, ReasonCode.KNOWN_PATTERN, "Remittance to family, known since onboarding ({since}) and part of the expected activity. {biggest} at most. Country reviewed against the list of higher risk: no enhanced measures needed at this size."),
    ),
    "business": (
        Closing(Disposition.NO_ACTION, ReasonCode.DOCUMENTED_SOURCE, "{name} ({who}): {n} {period}, {total}, with {sides}. Asked {manager} for paper; invoice and delivery note received and in keeping with the trade. Outgoings declared {exp_out} a month, the last 30 days came to {month_out}. No circular flows."),
        Closing(Disposition.FALSE_POSITIVE, ReasonCode.KNOWN_PATTERN, "Trade payment with {sides}, known from earlier months of {name}; amount {biggest} is within the seasonal range of last year's accounts. Ownership unchanged, register extract on file. Closed."),
        Closing(Disposition.NO_ACTION, ReasonCode.KNOWN_PATTERN, "The limit catches every larger invoice of a firm of this size. Reviewed the counterparties of 30 days ({month_n} payments, {month_in} in against {month_out} out): suppliers, wages, tax, landlord, as one expects of a {who}. The alerted {total} {were} settled against invoices."),
        Closing(Disposition.NO_ACTION, ReasonCode.DOCUMENTED_SOURCE, "Went back to the annual accounts: turnover supports {biggest}. Supplier {sides} checked in the register and on the internet, active, same line of business. No cash, no third countries. What remains: ask for new expected activity at the next review, {exp_in} is out of date."),
    ),
    "cash": (
        Closing(Disposition.NO_ACTION, ReasonCode.CUSTOMER_EXPLAINED, "Cash {period}, {total}. {name} told the branch that it was for a used car and showed the purchase agreement; copy is in the file. One event, no series, well away from the reporting limit."),
        Closing(Disposition.FALSE_POSITIVE, ReasonCode.KNOWN_PATTERN, "Withdrawal or deposit of {biggest} {period} at the usual machine, as {name} does several times a year. Customer since {since}, {risk} risk, income explains it ({month_in} in 30 days)."),
    ),
    "other": (
        Closing(Disposition.NO_ACTION, ReasonCode.CUSTOMER_EXPLAINED, "{N} with {sides} {period}, {total}. New payee, so I asked: {name} gave a coherent account (household purchase in instalments) and the reference supports it. Within what the income of {month_in} allows."),
        Closing(Disposition.FALSE_POSITIVE, ReasonCode.RULE_TOO_WIDE, "First time that {account} deals with {sides}, hence the score. {biggest} is not remarkable for a {who}; expected {exp_out} a month. Screening of the counterparty without hits. No pattern, no pass-through."),
        Closing(Disposition.NO_ACTION, ReasonCode.KNOWN_PATTERN, "Checked what came before and after: {month_in} in, {month_out} out over 30 days, no sudden change. The payment ({total}, {last}) is of a kind that the customer has made since {since}. Explained by habit rather than by paper."),
        Closing(Disposition.FALSE_POSITIVE, ReasonCode.RULE_TOO_WIDE, "One alert, one payment, {biggest}. Looked at payee, device and time of day, found nothing that the score would not say of a hundred others. {earlier}. Closed without contacting the customer."),
        Closing(Disposition.NO_ACTION, ReasonCode.CUSTOMER_EXPLAINED, "Secure message to {name} answered the same day: payment to {sides} authorised, purpose plausible, no pressure by third parties. Amount of {total} agrees with the order confirmation attached to the answer."),
    ),
    "landlord": (
        Closing(Disposition.FALSE_POSITIVE, ReasonCode.KNOWN_PATTERN, "Cash of {total} in {n} {period}: rents. {name} lets thirteen flats, ten tenants pay in cash, and the references name the flat. Compared with the tenancy agreements on file: the sums agree to the unit and recur on the first days of each month. Mortgage is paid from it. Not structuring."),
        Closing(Disposition.FALSE_POSITIVE, ReasonCode.KNOWN_PATTERN, "Same customer, same days, same amounts as last month. {name} ({who}) pays rents in at the Mill Road branch; {biggest} is the dearest flat. No deposit comes near the reporting limit and none was split. Recommend that the scenario take the agreements on file into account."),
        Closing(Disposition.FALSE_POSITIVE, ReasonCode.RULE_TOO_WIDE, "Sum of seven days above 10,000 only because ten tenants pay at the beginning of the month. Read the list of flats that {manager} keeps: {n} in the alert, all of them on it. Source of funds is lawful and documented; {earlier}."),
        Closing(Disposition.FALSE_POSITIVE, ReasonCode.KNOWN_PATTERN, "Rental income again. Reviewed deposits {period} against tax return and agreements; {total} is in order. What would change my view: sums without a flat, deposits at other branches, or money passed on at once. Nothing of this is seen."),
        Closing(Disposition.FALSE_POSITIVE, ReasonCode.KNOWN_PATTERN, "{N} in cash, each with its flat in the reference. The structuring scenario expects somebody who avoids a limit; here each rent is what the tenant owes. Account {account} pays its mortgage by debit on the sixth. Expected activity of {exp_in} should be corrected by {manager}."),
    ),
    "house": (
        Closing(Disposition.NO_ACTION, ReasonCode.DOCUMENTED_SOURCE, "{name} sold securities and bought a house. Credit and debit of {period} ({total} moved in all) agree with the broker's contract note and the escrow agent's closing statement, both in the file. Proceeds come from savings of many years, customer since {since}. One-off."),
        Closing(Disposition.NO_ACTION, ReasonCode.DOCUMENTED_SOURCE, "Blocked by the limit, as it should be. Obtained purchase contract, closing statement and proof of the sale of securities; parties are {sides}, names and amounts agree ({biggest} the largest). Origin of the difference: the balance that was on the account before. No tie of the customer to the seller."),
        Closing(Disposition.NO_ACTION, ReasonCode.DOCUMENTED_SOURCE, "Purpose: real estate for own use. The escrow agent is supervised, the broker pays out to an account in the customer's own name only. {name} ({who}) could save such a sum; tax assessment seen. I have no remaining question about {total}."),
        Closing(Disposition.NO_ACTION, ReasonCode.DOCUMENTED_SOURCE, "Largest payments in the life of this account, and explained by three documents: contract note, deed, invoice of the agent. {period} securities in, price out. Called the agent back on the number of its public register. Payments could have been released at once; see whether a preliminary notice by the branch would help."),
    ),
}  # fmt: skip
