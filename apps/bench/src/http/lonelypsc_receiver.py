"""lonelypsc as a contender, told what to do line by line: JSON in, JSON out. It ends when its input does. PYTHONPATH has to
have the folder of `stock.py`.

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

from lonelypsc.http_client import HttpPubSubClient
from lonelypsp.tracing.impl.simple.config import SimpleTracingConfig
from lonelypsp.tracing.impl.simple.db import SimpleTracingDBSidecar
from lonelypsp.tracing.impl.simple.stateless.root import SimpleStatelessTracingSubscriberRoot
from stock import make_auth, make_http_config

broadcaster, port, secrets_file, folder = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]


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
        auth = make_auth(secrets_file, os.path.join(folder, "hmacs.db"))
        root = SimpleStatelessTracingSubscriberRoot(traces, tracing)
        config = make_http_config(broadcaster, port, auth, root)
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
