"""lonelypsc as a contender, told what to do line by line: JSON in, JSON out. It ends when its input does.

Usage: lonelypsc_receiver.py <URL of a broadcaster> <port to be called on> <secrets file> <folder for its databases>

In: {"start": {"topic": text, "messages": number}}, {"receive": true}, {"stop": true}. Out, one line for each: {"url": text},
{"seconds": number, "cpu": microseconds}, {"wrong": number of messages that were not handled exactly once}.
"""

import asyncio
import json
import os
import resource
import sys
import time

from lonelypsc.config.http_config import make_http_pub_sub_config
from lonelypsc.http_client import HttpPubSubClient
from lonelypsp.auth.config import AuthConfigFromParts
from lonelypsp.auth.helpers import hmac_auth_config
from lonelypsp.tracing.impl.simple.config import SimpleTracingConfig
from lonelypsp.tracing.impl.simple.db import SimpleTracingDBSidecar
from lonelypsp.tracing.impl.simple.stateless.root import SimpleStatelessTracingSubscriberRoot

broadcaster, port, secrets_file, folder = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]


def make_auth():
    with open(secrets_file) as file:
        secrets = json.load(file)
    proofs = hmac_auth_config.IncomingHmacAuthDBReentrantConfig(
        hmac_auth_config.IncomingHmacAuthSqliteDBConfig(os.path.join(folder, "hmacs.db"))
    )
    return AuthConfigFromParts(
        to_broadcaster=hmac_auth_config.ToBroadcasterHmacAuth(
            secret=secrets["to-broadcaster"]["secret"], db_config=proofs
        ),
        to_subscriber=hmac_auth_config.ToSubscriberHmacAuth(
            secret=secrets["to-subscriber"]["secret"], db_config=proofs
        ),
    )


def cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return (used.ru_utime + used.ru_stime) * 1e6


class Trial:
    def __init__(self, client, topic, messages):
        self.client = client
        self.topic = topic
        self.handled = [0] * messages
        self.open = messages
        self.subscribed = asyncio.Event()
        self.complete = asyncio.Event()

    async def run(self):
        async with self.client.subscribe_exact(self.topic) as subscription:
            messages = await subscription.messages()
            self.subscribed.set()
            async for message in messages:
                await self.handle(json.loads(message.data.read()))

    async def handle(self, data):
        self.handled[data["number"]] += 1
        self.open -= 1
        if self.open == 0:
            self.complete.set()


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
            trial, running = None, None
            while line := await asyncio.to_thread(sys.stdin.readline):
                command = json.loads(line)
                if "start" in command:
                    given = command["start"]
                    trial = Trial(client, given["topic"].encode(), given["messages"])
                    running = asyncio.create_task(trial.run())
                    await trial.subscribed.wait()
                    answer = {"url": f"http://127.0.0.1:{port}/v1/receive"}
                elif "receive" in command:
                    before, started = cpu(), time.perf_counter()
                    await trial.complete.wait()
                    answer = {"seconds": time.perf_counter() - started, "cpu": cpu() - before}
                else:
                    running.cancel()
                    await asyncio.gather(running, return_exceptions=True)
                    answer = {"wrong": sum(1 for times in trial.handled if times != 1)}
                print(json.dumps(answer), flush=True)


asyncio.run(main())
