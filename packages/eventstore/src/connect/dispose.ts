import type { Clock } from '@millrace/core';
import { systemClock, wait } from '@millrace/core';

/** Milliseconds. */
const longest = 1_000;

/**
 * Disposes of a client, and closes its connection, which neither client does: it would stay for half an hour, as long as
 * gRPC keeps one that is idle. `dispose()` cancels the client's calls at once and then waits for each to end, which a stream
 * of appends that the server has ended never does: its other half stays open, and nobody but the client can close it. Then
 * there is nothing left to wait for.
 */
export async function dispose(
  client: { dispose(): Promise<void> },
  clock: Clock = systemClock,
): Promise<void> {
  const done = new AbortController();
  try {
    const patience = wait(clock, longest, done.signal);
    await Promise.race([client.dispose(), patience]);
    await Promise.race([closeChannel(client), patience]);
  } finally {
    done.abort();
  }
}

/** The channel is there for classes that extend the client; where a later client has none, it is left to gRPC. */
async function closeChannel(client: object): Promise<void> {
  if (!hasChannel(client)) return;
  try {
    (await client.getChannel()).close();
  } catch {
    // Of a cluster without a node that answers: there is no connection.
  }
}

interface HasChannel {
  getChannel(): Promise<{ close(): void }>;
}

function hasChannel(client: object): client is HasChannel {
  return 'getChannel' in client && typeof client.getChannel === 'function';
}
