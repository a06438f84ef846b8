"""lonelypsc over a WebSocket, told by lines of JSON what to do, telling in lines of JSON what it has heard.

Usage: websocket_client.py <broadcaster> <secrets file, or ""> <options as JSON>

In:  {"notify": <topic in hex>, "data": <hex>} or {"notify": <topic>, "repeat": <hex of a byte>, "length": <bytes>}
Out: {"ready": true}, {"notified": <count>}, {"received": <topic in hex>, "length": <bytes>, "sha512": <hex>}
"""

import asyncio
import hashlib
import io
import json
import sys

from lonelypsc.config.ws_config import (
    WebsocketCompressionConfigFromParts,
    WebsocketGenericConfigFromParts,
    WebsocketPubSubConfigFromParts,
    WebsocketPubSubConnectConfigFromParts,
)
from lonelypsc.ws_client import WebsocketPubSubClient
from stock import make_auth

broadcaster, secrets_file = sys.argv[1], sys.argv[2]
options = json.loads(sys.argv[3])

# The numbers are those that lonelypsc's own documentation suggests.
config = WebsocketPubSubConfigFromParts(
    connect=WebsocketPubSubConnectConfigFromParts(
        broadcasters=[{"host": broadcaster}],
        outgoing_initial_connect_retries=2,
        outgoing_min_reconnect_interval=1,
    ),
    generic=WebsocketGenericConfigFromParts(
        max_websocket_message_size=3_670_016,
        websocket_open_timeout=5,
        websocket_close_timeout=5,
        websocket_heartbeat_interval=10,
        websocket_minimal_headers=options.get("minimalHeaders", True),
        max_sent_notifications=None,
        max_unsent_notifications=None,
        max_expected_acks=None,
        max_received=None,
        max_unsent_acks=None,
    ),
    compression=WebsocketCompressionConfigFromParts(
        allow_compression=True,
        compression_dictionary_by_id=dict(),
        initial_compression_dict_id=None,
        allow_training_compression=True,
        decompression_max_window_size=0,
    ),
    auth=make_auth(secrets_file, ":memory:"),
)


def say(message):
    print(json.dumps(message), flush=True)


async def listen(messages):
    async for message in messages:
        data = message.data.read()
        say(
            {
                "received": message.topic.hex(),
                "length": len(data),
                "sha512": hashlib.sha512(data).hexdigest(),
            }
        )


async def obey(client):
    loop = asyncio.get_running_loop()
    while True:
        line = await loop.run_in_executor(None, sys.stdin.readline)
        if not line:
            return
        command = json.loads(line)
        if "data" in command:
            data = bytes.fromhex(command["data"])
        else:
            data = bytes.fromhex(command["repeat"]) * command["length"]
        result = await client.notify(
            trace_initializer=None,
            topic=bytes.fromhex(command["notify"]),
            sync_file=io.BytesIO(data),
            length=len(data),
            sha512=hashlib.sha512(data).digest(),
        )
        say({"notified": result.notified})


async def main():
    exact = [bytes.fromhex(topic) for topic in options.get("exact", [])]
    async with WebsocketPubSubClient(config) as client:
        if not exact and not options.get("globs"):
            say({"ready": True})
            return await obey(client)
        async with client.subscribe(exact=exact, glob=options.get("globs", [])) as subscription:
            async with asyncio.TaskGroup() as tasks:
                listening = tasks.create_task(listen(await subscription.messages()))
                say({"ready": True})
                await obey(client)
                listening.cancel()


asyncio.run(main())
