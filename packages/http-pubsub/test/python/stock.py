"""What the programs here have in common: how lonelypss and lonelypsc are configured."""

import json

from lonelypsc.config.http_config import make_http_pub_sub_config
from lonelypsp.auth.config import AuthConfigFromParts
from lonelypsp.auth.helpers import hmac_auth_config, none_auth_config, token_auth_config


def make_auth(secrets_file, proofs_file):
    """By a secrets file, or "" where everybody is believed. Proofs that were used are kept in a file, or in ":memory:"."""
    secrets = {}
    if secrets_file:
        with open(secrets_file) as file:
            secrets = json.load(file)
    proofs = hmac_auth_config.IncomingHmacAuthDBReentrantConfig(
        hmac_auth_config.IncomingHmacAuthSqliteDBConfig(proofs_file)
    )

    def one(direction, name):
        secret = secrets.get(direction)
        if secret is None:
            return getattr(none_auth_config, f"{name}NoneAuth")()
        if secret["type"] == "token":
            return getattr(token_auth_config, f"{name}TokenAuth")(token=secret["secret"])
        return getattr(hmac_auth_config, f"{name}HmacAuth")(secret=secret["secret"], db_config=proofs)

    return AuthConfigFromParts(
        to_broadcaster=one("to-broadcaster", "ToBroadcaster"),
        to_subscriber=one("to-subscriber", "ToSubscriber"),
    )


def make_http_config(broadcaster, port, auth, tracing):
    """A client over HTTP, with the numbers that lonelypsc's own documentation suggests."""
    return make_http_pub_sub_config(
        bind={"type": "uvicorn", "host": "127.0.0.1", "port": port},
        host=f"http://127.0.0.1:{port}",
        broadcasters=[{"host": broadcaster}],
        outgoing_retries_per_broadcaster=2,
        message_body_spool_size=1024 * 1024 * 10,
        outgoing_http_timeout_total=30,
        outgoing_http_timeout_connect=None,
        outgoing_http_timeout_sock_read=None,
        outgoing_http_timeout_sock_connect=5,
        outgoing_retry_ambiguous=True,
        auth=auth,
        tracing=tracing,
    )
