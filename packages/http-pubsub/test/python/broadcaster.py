"""lonelypss with a configuration of its own: the main.py that its setup writes does not start (`tracing` is missing).

Usage: broadcaster.py <port> <folder for its databases> <secrets file, or ""> <options as JSON>
"""

import fnmatch
import json
import os
import sqlite3
import sys
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI
from lonelypss.bknd.sweep_missed import sweep_missed
from lonelypss.config.config import (
    CompressionConfigFromParts,
    ConfigFromParts,
    GenericConfigFromValues,
    MissedRetryStandard,
    NotifySessionStandard,
    TracingConfigSimple,
)
from lonelypss.config.helpers.sqlite_db_config import SqliteDBConfig
from lonelypss.config.lifespan import setup_config, teardown_config
from lonelypss.middleware.config import ConfigMiddleware
from lonelypss.middleware.ws_receiver import WSReceiverMiddleware
from lonelypss.router import router
from lonelypss.util.ws_receiver import SimpleFanoutWSReceiver
from stock import make_auth

port, folder, secrets_file = int(sys.argv[1]), sys.argv[2], sys.argv[3]
options = json.loads(sys.argv[4])

if options.get("matchGlobs"):
    # What a SQLite that is built without LIKE_DOESNT_MATCH_BLOBS does.
    connect = sqlite3.connect

    def connect_with_glob(*args, **kwargs):
        connection = connect(*args, **kwargs)
        connection.create_function("glob", 2, glob)
        return connection

    def glob(pattern, value):
        if isinstance(value, bytes):
            value = value.decode("utf-8", "replace")
        return fnmatch.fnmatchcase(value, pattern)

    sqlite3.connect = connect_with_glob

# The numbers are those that lonelypss's own setup writes, but for what options say.
config = ConfigFromParts(
    auth=make_auth(secrets_file, os.path.join(folder, "hmacs.db")),
    db=SqliteDBConfig(os.path.join(folder, "subscriptions.db")),
    generic=GenericConfigFromValues(
        message_body_spool_size=1024 * 1024 * 10,
        outgoing_http_timeout_total=30,
        outgoing_http_timeout_connect=None,
        outgoing_http_timeout_sock_read=options.get("readTimeout", 5),
        outgoing_http_timeout_sock_connect=5,
        websocket_accept_timeout=2,
        websocket_max_pending_sends=255,
        websocket_max_unprocessed_receives=255,
        websocket_large_direct_send_timeout=0.3,
        websocket_send_max_unacknowledged=3,
        websocket_minimal_headers=options.get("minimalHeaders", True),
        sweep_missed_interval=options.get("sweepInterval", 10),
    ),
    missed=MissedRetryStandard(
        expo_factor=1, expo_base=2, expo_max=10, max_retries=20, constant=1, jitter=2
    ),
    compression=CompressionConfigFromParts(
        compression_allowed=True,
        compression_dictionary_by_id=dict(),
        # Clients built on aiohttp refuse more than 4 MiB.
        outgoing_max_ws_message_size=3_670_016,
        allow_training=True,
        compression_min_size=32,
        compression_trained_max_size=16 * 1024,
        compression_training_low_watermark=100 * 1024,
        compression_training_high_watermark=10 * 1024 * 1024,
        compression_retrain_interval_seconds=60 * 60 * 60,
        decompression_max_window_size=8 * 1024 * 1024,
    ),
    tracing=TracingConfigSimple(),
    notify_session=NotifySessionStandard(),
)
fanout = SimpleFanoutWSReceiver(
    receiver_url=f"http://127.0.0.1:{port}/v1/receive_for_websockets",
    recovery=f"http://127.0.0.1:{port}/v1/missed_for_websockets",
    db=config,
)


@asynccontextmanager
async def lifespan(app):
    await setup_config(config)
    try:
        async with fanout, sweep_missed(config):
            yield
    finally:
        await teardown_config(config)


app = FastAPI(lifespan=lifespan)
app.add_middleware(ConfigMiddleware, config=config)
app.add_middleware(WSReceiverMiddleware, ws_receiver=fanout)
app.include_router(router)
app.router.redirect_slashes = False

uvicorn.run(app, host="127.0.0.1", port=port, access_log=False, timeout_graceful_shutdown=1)
