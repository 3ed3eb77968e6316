"""Public data sets' layouts, banks' exports, and formats that finobs does not read: the cases of `acceptance_files`."""

from __future__ import annotations

import gzip
import io
import zipfile
from typing import Any

from .acceptance_files import EUR, OUT, OWN, Case, Layout, raw, text

POINT = {"decimal_mark": "."}
USD = {"value": "USD"}
IBM_CURRENCIES = {
    "US Dollar": "USD", "Rupee": "INR", "UK Pound": "GBP", "Euro": "EUR", "Yen": "JPY", "Swiss Franc": "CHF",
    "Australian Dollar": "AUD", "Shekel": "ILS", "Mexican Peso": "MXN", "Ruble": "RUB", "Canadian Dollar": "CAD",
    "Yuan": "CNY", "Brazil Real": "BRL", "Saudi Riyal": "SAR",
}  # fmt: skip
SAML_CURRENCIES = {
    "UK pounds": "GBP", "Yen": "JPY", "Swiss franc": "CHF", "Dirham": "AED", "Euro": "EUR", "US dollar": "USD",
    "Moroccan dirham": "MAD", "Naira": "NGN", "Mexican Peso": "MXN", "Turkish lira": "TRY", "Albanian lek": "ALL",
    "Pakistani rupee": "PKR", "Indian rupee": "INR",
}  # fmt: skip
PAYSIM_DIRECTIONS = {"CASH_IN": "in", "CASH_OUT": "out", "PAYMENT": "out", "TRANSFER": "out", "DEBIT": "out"}
IBM: dict[str, Any] = {
    "currency": {"column": "Payment Currency", "words": IBM_CURRENCIES}, "channel": "Payment Format", "direction": OUT,
    "is_suspicious": "Is Laundering", "amount": {"column": "Amount Paid", **POINT},
}  # fmt: skip
MONTH = [f"2022/09/01 00:0{minute}" for minute in range(4)]
V_COLUMNS = ",".join(f"V{number}" for number in range(1, 29))


def workbook(member: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(member, "<x/>")
    return out.getvalue()


def refused(name: str, content: bytes, *said: str) -> Case:
    return Case(name, raw(content), refused=said)


DATA_SETS = [
    Case(
        "b01_HI-Small_Trans.csv",
        text("Timestamp,From Bank,Account,To Bank,Account,Amount Received,Receiving Currency,Amount Paid,Payment Currency,Payment Format,Is Laundering",
             *(f"{at},1851,8BAB3AE8E,02406,80D347301,53.20,{name},53.20,{name},ACH,{number % 2}" for number, at in enumerate(MONTH) for name in ("US Dollar", "Yen", "Bitcoin", "US Dollar"))),
        {**IBM, "external_id": {"columns": ["Timestamp", "From Bank", "#3", "To Bank", "#5", "Amount Paid", "Payment Currency", "Payment Format"], "ordinal": True},
         "account": {"columns": ["From Bank", "#3"], "separator": "-"}, "counterparty": {"columns": ["To Bank", "#5"], "separator": "-"},
         "occurred_at": {"column": "Timestamp", "format": "%Y/%m/%d %H:%M"}},
        layout=Layout(7, lambda row: IBM_CURRENCIES.get(row[8], row[8])), first={"account": "1851-8BAB3AE8E", "counterparty": "02406-80D347301"},
    ),
    Case(
        "b01_HI-Small_Trans.csv", text("Timestamp,From Bank,Account,To Bank,Account,Amount Paid", f"{MONTH[0]},1,A,2,B,5.00"),
        {"external_id": "Timestamp", "account": "Account", "occurred_at": "Timestamp", "amount": {"column": "Amount Paid", **POINT}, "currency": USD, "direction": OUT},
        refused=("Account stands 2 times", "#3 and #5"), title="with a name that two columns have",
    ),
    Case(
        "b01_handmade.csv",
        text("id,Timestamp,From Bank,Account,To Bank,Account2,Amount Received,Receiving Currency,Amount Paid,Payment Currency,Payment Format,Is Laundering",
             *(f"{number},2022-09-01 00:02,1851,8BAB3AE8E,02406,80D347301,53.20,{name},53.20,{name},ACH,0" for number, name in enumerate(("US Dollar", "Rupee", "Yen")))),
        {**IBM, "external_id": "id", "account": "Account", "counterparty": "Account2", "occurred_at": "Timestamp"},
        layout=Layout(8, lambda row: IBM_CURRENCIES.get(row[9], row[9])), first={"account": "8BAB3AE8E", "occurred_at": "2022-09-01T00:02:00+00:00"},
    ),
    Case(
        "b02_paysim.csv",
        text("step,type,amount,nameOrig,oldbalanceOrg,newbalanceOrig,nameDest,oldbalanceDest,newbalanceDest,isFraud,isFlaggedFraud",
             *(f"{step},{kind},9839.64,C1231006815,170136.0,160296.36,M1979787155,0.0,1.916920493E7,0,0" for step, kind in enumerate(PAYSIM_DIRECTIONS, 1))),
        {"external_id": {"columns": ["step", "type", "amount", "nameOrig", "nameDest"], "ordinal": True}, "account": "nameOrig", "counterparty": "nameDest",
         "occurred_at": {"column": "step", "format": "hours since 2023-01-01"}, "amount": {"column": "amount", **POINT}, "currency": USD, "channel": "type",
         "is_suspicious": "isFraud", "direction": {"column": "type", "words": PAYSIM_DIRECTIONS}},
        layout=Layout(2, lambda _: "USD", lambda row: PAYSIM_DIRECTIONS[row[1]]),
        first={"account": "C1231006815", "counterparty": "M1979787155", "occurred_at": "2023-01-01T01:00:00+00:00"},
        unused=("oldbalanceOrg", "newbalanceOrig", "oldbalanceDest", "newbalanceDest", "isFlaggedFraud"),
    ),
    Case(
        "b03_SAML-D.csv",
        text("Time,Date,Sender_account,Receiver_account,Amount,Payment_currency,Received_currency,Sender_bank_location,Receiver_bank_location,Payment_type,Is_laundering,Laundering_type",
             *(f"10:35:{19 + number},2022-10-07,8724731955,2769355426,1459.15,{name},UK pounds,UK,UK,Cash Deposit,0,Normal" for number, name in enumerate(SAML_CURRENCIES))),
        {"external_id": {"columns": ["Date", "Time", "Sender_account", "Receiver_account", "Amount"], "ordinal": True}, "account": "Sender_account",
         "counterparty": "Receiver_account", "occurred_at": {"columns": ["Date", "Time"]}, "amount": {"column": "Amount", **POINT},
         "currency": {"column": "Payment_currency", "words": SAML_CURRENCIES}, "channel": "Payment_type", "direction": OUT,
         "is_suspicious": "Is_laundering", "typology": "Laundering_type"},
        layout=Layout(4, lambda row: SAML_CURRENCIES[row[5]]), first={"account": "8724731955", "occurred_at": "2022-10-07T10:35:19+00:00"},
    ),
    Case(
        "b04_fraudTrain.csv",
        text(",trans_date_trans_time,cc_num,merchant,category,amt,first,last,gender,street,city,state,zip,lat,long,city_pop,job,dob,trans_num,unix_time,merch_lat,merch_long,is_fraud",
             '0,2019-01-01 00:39:29,2961039768654193,fraud_Kirlin and Sons,misc_net,9.79,Ann,Doe,F,"1 Any St, Apt 0",Town,NC,04923,36.0,-81.1,3495,"Psychologist, counselling",1988-03-09,06fe5d07,1325376018,36.0,-82.0,0',
             '1,2019-01-01 00:44:57,2821028430236780,"fraud_Rippin, Kub and Mann",misc_net,22.75,Ann,Doe,F,"1 Any St, Apt 1",Town,NC,05846,36.0,-81.1,3495,"Psychologist, counselling",1988-03-09,a23a599b,1325376718,36.0,-82.0,1'),
        {"external_id": "trans_num", "account": "cc_num", "counterparty": "merchant", "occurred_at": "trans_date_trans_time", "amount": {"column": "amt", **POINT},
         "currency": USD, "channel": "category", "country": {"value": "US"}, "direction": OUT, "is_suspicious": "is_fraud"},
        layout=Layout(5, lambda _: "USD"), first={"account": "2961039768654193", "counterparty": "fraud_Kirlin and Sons"},
    ),
    refused("b06_creditcard.csv", f'"Time",{V_COLUMNS},"Amount","Class"\n0,{",".join(["0.5"] * 28)},9.99,0\n'.encode(), "no column account, external_id, occurred_at"),
    Case(
        "b07_banksim.csv",
        text("step,customer,age,gender,zipcodeOri,merchant,zipMerchant,category,amount,fraud",
             *(f"{step},'C1618265985','2','E','28007','M50039827','28007','es_transportation',11.22,0" for step in (0, 0, 1))),
        {"external_id": {"columns": ["step", "customer", "merchant", "category", "amount"], "ordinal": True}, "account": "customer", "counterparty": "merchant",
         "occurred_at": {"column": "step", "format": "days since 2023-01-01"}, "amount": {"column": "amount", **POINT}, "currency": EUR, "direction": OUT,
         "channel": "category", "is_suspicious": "fraud"},
        layout=Layout(8, lambda _: "EUR"), first={"occurred_at": "2023-01-01T00:00:00+00:00"},
    ),
    Case(
        "b08_amlsim_transactions.csv",
        text("tran_id,orig_acct,bene_acct,tx_type,base_amt,tran_timestamp,is_sar,alert_id", "1,115,719,TRANSFER,860.62,2017-01-01T00:00:00Z,False,-1", "2,896,30,TRANSFER,72.94,2017-01-01T00:00:00Z,True,7"),
        {"external_id": "tran_id", "account": "orig_acct", "counterparty": "bene_acct", "occurred_at": "tran_timestamp", "amount": {"column": "base_amt", **POINT},
         "currency": USD, "channel": "tx_type", "direction": OUT, "is_suspicious": "is_sar"},
        layout=Layout(4, lambda _: "USD"), first={"account": "115", "counterparty": "719"}, unused=("alert_id",),
    ),
    Case(
        "b08_amlsim_tx.csv",
        text("TXN_ID,ACCOUNT_ID,COUNTER_PARTY_ACCOUNT_NUM,TXN_SOURCE_TYPE_CODE,tx_count,TXN_AMOUNT_ORIG,start,end", "2,15,25,CHECK,1,125.05,1,1", "4,21,25,CREDIT,1,172.97,2,2", "10,4,26,WIRE,1,151.13,3,3"),
        {"external_id": "TXN_ID", "account": "ACCOUNT_ID", "counterparty": "COUNTER_PARTY_ACCOUNT_NUM", "occurred_at": {"column": "start", "format": "days since 2017-01-01"},
         "amount": {"column": "TXN_AMOUNT_ORIG", **POINT}, "currency": USD, "channel": "TXN_SOURCE_TYPE_CODE", "direction": OUT},
        moved=("out 125.05 USD", "out 172.97 USD", "out 151.13 USD"), first={"occurred_at": "2017-01-02T00:00:00+00:00"}, unused=("tx_count", "end"),
    ),
    refused("b09_elliptic_features.csv", (",".join(["230425980", "1", *["-0.4"] * 60]) + "\n").encode() * 3, "Line 1 looks like a row", "no column account, amount"),
    Case(
        "b11_ieee_train_transaction.csv",
        text("TransactionID,isFraud,TransactionDT,TransactionAmt,ProductCD,card1,V1", "2987000,0,86400,59.0,S,4022,", "2987001,1,86401,117.118,S,10696,1.0", "2987002,0,86469,68.5,S,12926,"),
        {"external_id": "TransactionID", "account": "card1", "occurred_at": {"column": "TransactionDT", "format": "seconds since 2017-12-01"},
         "amount": {"column": "TransactionAmt", **POINT}, "currency": USD, "channel": "ProductCD", "direction": OUT, "is_suspicious": "isFraud"},
        layout=Layout(3, lambda _: "USD"), first={"account": "4022", "occurred_at": "2017-12-02T00:00:00+00:00"},
    ),
    Case(
        "b12_myr.csv",
        text("transaction_id,customer_reference,customer_name,account_reference,transaction_date,amount_myr,transaction_type,counterparty_reference,channel,narrative",
             "TXN-0101,CUST-1,Ann Doe,ACC-0001,2026-01-15,3500.00,DEPOSIT,CP-1,ONLINE,Monthly salary", "TXN-0201,CUST-2,Bob Roe,ACC-0002,2026-02-01,24800.00,CASH_DEPOSIT,CP-2,BRANCH,Cash deposit",
             "TXN-0301,CUST-3,Cy Poe,ACC-0003,2026-02-10,8200.00,TRANSFER,CP-3,ONLINE,Payment"),
        {"external_id": "transaction_id", "account": "account_reference", "counterparty": "counterparty_reference", "occurred_at": "transaction_date",
         "amount": {"column": "amount_myr", **POINT}, "currency": {"value": "MYR"}, "channel": "channel", "memo": "narrative",
         "direction": {"column": "transaction_type", "words": {"deposit": "in", "cash_deposit": "in", "transfer": "out"}}},
        moved=("in 3500.00 MYR", "in 24800.00 MYR", "out 8200.00 MYR"), accounts=("ACC-0001", "ACC-0002", "ACC-0003"), unused=("customer_reference", "customer_name"),
    ),
    Case(
        "b13_sparkasse_camt.csv",
        text('"Auftragskonto";"Buchungstag";"Valutadatum";"Buchungstext";"Verwendungszweck";"Beguenstigter/Zahlungspflichtiger";"Kontonummer/IBAN";"BIC (SWIFT-Code)";"Betrag";"Waehrung";"Info"',
             '"DE00123456781234567890";"05.01.25";"05.01.25";"FOLGELASTSCHRIFT";"Beitrag Jänner";"Stadtwerke Köln";"DE11";"XXXX";"-1.045,30";"EUR";"Umsatz gebucht"',
             '"DE00123456781234567890";"06.01.25";"06.01.25";"GUTSCHR. UEBERWEISUNG";"Lohn";"Müller GmbH";"DE12";"XXXX";"2.000,00";"EUR";"Umsatz gebucht"', encoding="cp1252"),
        {"external_id": {"columns": ["Auftragskonto", "Buchungstag", "Betrag", "Verwendungszweck"], "ordinal": True}, "account": "Auftragskonto",
         "counterparty": "Beguenstigter/Zahlungspflichtiger", "occurred_at": {"column": "Buchungstag", "format": "%d.%m.%y"},
         "amount": {"column": "Betrag", "decimal_mark": ",", "sign": "negative is out"}, "currency": "Waehrung", "memo": "Verwendungszweck"},
        ["--encoding", "windows-1252"], moved=("out 1045.30 EUR", "in 2000.00 EUR"), first={"counterparty": "Stadtwerke Köln", "memo": "Beitrag Jänner"},
    ),
    refused("b14_cfpb.csv", b'Date received,Product,Consumer complaint narrative,State\n03/12/24,Checking,"I was charged, twice\nand nobody answered",NY\n',
            "no column account, amount, external_id, occurred_at", "Its columns are: Date received, Product"),
]  # fmt: skip

FORMATS = [
    refused("b10_book.xlsx", workbook("[Content_Types].xml"), "Excel workbook (.xlsx)", "CSV UTF-8"),
    refused("b10_camt053.xml", b'<?xml version="1.0"?>\n<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><Stmt/></Document>\n', "camt.053", "convert it to CSV"),
    refused("b10_empty.csv", b"", "The file is empty"),
    refused("b10_headeronly.csv", (OWN + "\n").encode(), "no rows below it"),
    refused("b10_old.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old Excel workbook (.xls)", "CSV UTF-8"),
    refused("b10_onlybom.csv", b"\xef\xbb\xbf", "The file is empty"),
    refused("b10_rows.csv.gz", gzip.compress(OWN.encode()), "gzip", "Unpack it"),
    refused("b10_rows.jsonl", b'{"external_id":"1","account":"A1","amount":"10.00"}\n', "JSON", "POST /api/v1/transactions"),
    refused("b10_statement.ofx", b"OFXHEADER:100\nDATA:OFXSGML\n\n<OFX></OFX>\n", "OFX", "CSV"),
    refused("b10_statement.pdf", b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n", "PDF", "CSV"),
    refused("b10_statement.sta", b":20:STARTUMS\r\n:25:37040044/532013000\r\n:60F:C250101EUR1000,00\r\n-\r\n", "MT940", "CSV"),
]  # fmt: skip
