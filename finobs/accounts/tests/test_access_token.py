"""JWTs: five minutes, one algorithm, one key, and every known way of forging one (SEC-9)."""

import base64
import json
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings

from finobs.accounts import access_token, services
from finobs.accounts.tests.test_token_create import make
from tests import factories
from tests.support.ledger_events import last_event

pytestmark = pytest.mark.django_db
URL = "/api/v1/auth/token"


def ask(client, email, password=factories.PASSWORD, **headers):
    return client.post(URL, {"email": email, "password": password}, content_type="application/json", headers=headers)


def me(client, text):
    return client.get("/api/v1/me", headers={"Authorization": f"Bearer {text}"})


def claims(user, **changed):
    return {**access_token.issue_access_token(user).payload, "iss": "finobs", "aud": "finobs-api", **changed}


def key():
    return access_token._backend(settings.SECRET_KEY).signing_key


def forge(payload, *, secret=None, algorithm="HS256", headers=None):
    return jwt.encode(payload, key() if secret is None else secret, algorithm=algorithm, headers=headers)


def test_a_person_gets_one_for_a_password(client, analyst):
    response = ask(client, analyst.email)
    assert response.status_code == 200
    body = response.json()
    assert body["expires_in"] == 300
    assert response["Cache-Control"] == "no-store"
    assert me(client, body["access"]).json()["email"] == analyst.email
    assert last_event("sign_in")["actor"]["id"] == str(analyst.pk)
    assert "sessionid" not in client.cookies


def test_a_forged_one_with_the_right_key_is_good_so_that_the_tests_below_can_fail(client, analyst):
    assert me(client, forge(claims(analyst))).status_code == 200


def test_an_api_token_gets_one_with_its_scopes_that_dies_with_it(client, analyst):
    token, text = make(analyst, scopes=("audit:read",))
    access = client.post(URL, content_type="application/json", headers={"Authorization": f"Bearer {text}"}).json()[
        "access"
    ]
    assert me(client, access).json()["permissions"] == ["audit:read"]
    services.token_revoke(actor=analyst, token=token)
    assert me(client, access).status_code == 401


def test_a_machine_gets_one_for_its_token_but_not_for_a_password(client, admin, service):
    assert ask(client, service.email).status_code == 401
    _, text = make(admin, service, scopes=("transaction:create",))
    access = client.post(URL, content_type="application/json", headers={"Authorization": f"Bearer {text}"}).json()[
        "access"
    ]
    assert me(client, access).json()["permissions"] == ["transaction:create"]


def test_wrong_passwords_are_401_throttled_and_alike(client, analyst):
    answers = [ask(client, analyst.email, "wrong") for _ in range(5)]
    unknown = ask(client, "nobody@example.test", "wrong")
    assert [answer.status_code for answer in answers] == [401, 401, 401, 401, 429]
    assert answers[0].json()["detail"] == unknown.json()["detail"]
    assert (answers[4]["Retry-After"], answers[4]["Content-Type"]) == ("300", "application/problem+json")
    assert ask(client, analyst.email).status_code == 429


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"email": "x"},
        {"email": "a@b.test", "password": 1, "more": 2},
        [],
        {"email": ["a@b.test"], "password": {}},
    ],
)
def test_a_body_that_does_not_hold_is_422(client, db, body):
    assert client.post(URL, body, content_type="application/json").status_code == 422


def test_a_jwt_dies_with_the_epoch(client, admin, analyst):
    access = ask(client, analyst.email).json()["access"]
    services.role_assign(actor=admin, user=analyst, roles={"viewer"})
    assert me(client, access).status_code == 401


def test_a_jwt_dies_with_the_account(client, admin, analyst):
    access = ask(client, analyst.email).json()["access"]
    type(analyst).objects.filter(pk=analyst.pk).update(is_active=False)
    assert me(client, access).status_code == 401


def _b64(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def test_no_algorithm_is_no_signature(client, analyst):
    body = claims(analyst)
    for none in ("none", "None", "NONE", "nOnE"):
        for signature in ("", "x"):
            assert me(client, f"{_b64({'alg': none, 'typ': 'JWT'})}.{_b64(body)}.{signature}").status_code == 401


@pytest.mark.parametrize("secret", ["", "secret", "finobs", settings.SECRET_KEY])
@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
def test_another_key_is_refused_even_the_one_it_is_derived_from(client, analyst, secret):
    header, body = _b64({"alg": "HS256", "typ": "JWT"}), _b64(claims(analyst))
    import hashlib
    import hmac

    signed = hmac.new(secret.encode(), f"{header}.{body}".encode(), hashlib.sha256).digest()
    assert me(client, f"{header}.{body}.{base64.urlsafe_b64encode(signed).rstrip(b'=').decode()}").status_code == 401


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
def test_another_algorithm_is_refused_even_with_the_right_key(client, analyst, algorithm):
    assert me(client, forge(claims(analyst), algorithm=algorithm)).status_code == 401


def test_a_public_key_algorithm_is_refused_whatever_key_the_header_brings(client, analyst):
    pair = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = pair.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    jwk = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(pair.public_key()))
    for headers in (
        {},
        {"jwk": jwk},
        {"jku": "https://evil.test/keys"},
        {"x5u": "https://evil.test/c"},
        {"kid": "../../dev/null"},
    ):
        assert me(client, forge(claims(analyst), secret=pem, algorithm="RS256", headers=headers)).status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"kid": "/dev/null"},
        {"kid": "' UNION SELECT 'x"},
        {"jku": "https://evil.test"},
        {"jwk": {"kty": "oct", "k": "AA"}},
    ],
)
@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
def test_headers_choose_no_key(client, analyst, headers):
    assert me(client, forge(claims(analyst), secret="\x00" * 32, headers=headers)).status_code == 401
    assert me(client, forge(claims(analyst), headers=headers)).status_code == 200


PAST, FUTURE = datetime.now(UTC) - timedelta(seconds=1), datetime.now(UTC) + timedelta(hours=1)


@pytest.mark.parametrize(
    "changed",
    [
        {"exp": PAST}, {"nbf": FUTURE}, {"iat": FUTURE}, {"aud": "another"}, {"aud": ["another"]}, {"iss": "another"}, {"token_type": "refresh"},
        {"epoch": 7}, {"epoch": "0"}, {"epoch": True}, {"sub": "999999"}, {"sub": "1 OR 1=1"}, {"sub": "9" * 40}, {"sub": "²"}, {"key": 424242},
        {"key": "1"},
    ],
)  # fmt: skip
def test_claims_that_are_not_ours_are_refused(client, analyst, changed):
    assert me(client, forge(claims(analyst, **changed))).status_code == 401


@pytest.mark.parametrize("missing", ["exp", "aud", "iss", "token_type", "sub", "epoch", "key", "jti"])
def test_a_claim_left_out_is_refused(client, analyst, missing):
    body = claims(analyst)
    del body[missing]
    assert me(client, forge(body)).status_code == 401


def test_a_jwt_for_a_machine_without_a_token_is_refused(client, service):
    assert me(client, forge(claims(service))).status_code == 401


def test_a_jwt_gets_no_new_jwt_and_makes_a_token_only_for_a_password(client, analyst):
    access = ask(client, analyst.email).json()["access"]
    again = client.post(URL, {}, content_type="application/json", headers={"Authorization": f"Bearer {access}"})
    assert again.status_code in (401, 422)
