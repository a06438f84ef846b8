"""lonelypsc, told what to do line by line: JSON in, JSON out. It ends when its input does.

Usage: client.py <URL of a broadcaster> <port to be called on> <secrets file, or ""> <folder for its databases>

In: {"subscribe": {"exact": [hex], "globs": [text]}}, or {"notify": {"topic": hex, "data": hex}} or
{"notify": {"topic": hex, "zeros": bytes}}. Out: {"subscribed": true}, {"notified": number}, {"received": {"topic": hex,
"sha512": hex, "length": number}}, {"failed": text}.
"""

import asyncio
import hashlib
import json
import os
import sys

from lonelypsc.client import PubSubRequestError
from lonelypsc.config.http_config import make_http_pub_sub_config
from lonelypsc.http_client import HttpPubSubClient
from lonelypsp.auth.config import AuthConfigFromParts
from lonelypsp.auth.helpers import hmac_auth_config, none_auth_config, token_auth_config
from lonelypsp.tracing.impl.simple.config import SimpleTracingConfig
from lonelypsp.tracing.impl.simple.db import SimpleTracingDBSidecar
from lonelypsp.tracing.impl.simple.stateless.root import SimpleStatelessTracingSubscriberRoot

broadcaster, port, secrets_file, folder = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]


def say(**what):
    print(json.dumps(what), flush=True)


def make_auth():
    secrets = {}
    if secrets_file:
        with open(secrets_file) as file:
            secrets = json.load(file)
    proofs = hmac_auth_config.IncomingHmacAuthDBReentrantConfig(
        hmac_auth_config.IncomingHmacAuthSqliteDBConfig(os.path.join(folder, "hmacs.db"))
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


async def receive(client, wanted, subscribed):
    exact = [bytes.fromhex(topic) for topic in wanted["exact"]]
    async with client.subscribe(exact=exact, glob=wanted["globs"]) as subscription:
        messages = await subscription.messages()
        subscribed.set()
        async for message in messages:
            data = message.data.read()
            say(
                received={
                    "topic": message.topic.hex(),
                    "sha512": hashlib.sha512(data).hexdigest(),
                    "length": len(data),
                }
            )


async def notify(client, topic, data):
    try:
        result = await client.notify(trace_initializer=None, topic=topic, data=data)
        say(notified=result.notified)
    except PubSubRequestError as error:
        say(failed=repr(error))


async def main():
    tracing = SimpleTracingConfig()
    async with SimpleTracingDBSidecar(tracing, os.path.join(folder, "traces.db")) as traces:
        config = make_http_pub_sub_config(
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
            auth=make_auth(),
            tracing=SimpleStatelessTracingSubscriberRoot(traces, tracing),
        )
        async with HttpPubSubClient(config) as client:
            receiving = []
            while line := await asyncio.to_thread(sys.stdin.readline):
                command = json.loads(line)
                if "subscribe" in command:
                    subscribed = asyncio.Event()
                    receiving.append(asyncio.create_task(receive(client, command["subscribe"], subscribed)))
                    await subscribed.wait()
                    say(subscribed=True)
                else:
                    given = command["notify"]
                    data = bytes(given["zeros"]) if "zeros" in given else bytes.fromhex(given["data"])
                    await notify(client, bytes.fromhex(given["topic"]), data)
            for task in receiving:
                task.cancel()
            await asyncio.gather(*receiving, return_exceptions=True)


asyncio.run(main())
