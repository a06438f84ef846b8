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
from lonelypsc.http_client import HttpPubSubClient
from lonelypsp.tracing.impl.simple.config import SimpleTracingConfig
from lonelypsp.tracing.impl.simple.db import SimpleTracingDBSidecar
from lonelypsp.tracing.impl.simple.stateless.root import SimpleStatelessTracingSubscriberRoot
from stock import make_auth, make_http_config

broadcaster, port, secrets_file, folder = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]


def say(**what):
    print(json.dumps(what), flush=True)


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
        auth = make_auth(secrets_file, os.path.join(folder, "hmacs.db"))
        root = SimpleStatelessTracingSubscriberRoot(traces, tracing)
        config = make_http_config(broadcaster, port, auth, root)
        async with HttpPubSubClient(config) as client:
            receiving = []
            while line := await asyncio.to_thread(sys.stdin.readline):
                command = json.loads(line)
                if "subscribe" in command:
                    subscribed = asyncio.Event()
                    task = asyncio.create_task(receive(client, command["subscribe"], subscribed))
                    receiving.append(task)
                    # One that is refused ends the task.
                    done = asyncio.create_task(subscribed.wait())
                    await asyncio.wait({task, done}, return_when=asyncio.FIRST_COMPLETED)
                    done.cancel()
                    say(subscribed=subscribed.is_set())
                else:
                    given = command["notify"]
                    data = bytes(given["zeros"]) if "zeros" in given else bytes.fromhex(given["data"])
                    await notify(client, bytes.fromhex(given["topic"]), data)
            for task in receiving:
                task.cancel()
            await asyncio.gather(*receiving, return_exceptions=True)


asyncio.run(main())
