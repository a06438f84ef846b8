import { WebSocket } from 'ws';
import { httpPubsubError } from '../errors.ts';
import type { FrameSocket } from './frame-socket.ts';
import { frameSocket } from './frame-socket.ts';
import type { ConnectionSettings } from './settings.ts';

/** Beside a message of 65,535 parts there are the headers of each. */
const headersOfAFrame = 512 * 1024;
/** What lonelypss sends at once at most, unless it is told otherwise. */
const largestFrame = 16 * 1024 ** 2;
/** A broadcaster of ours makes parts larger rather than number them beyond what can be signed. */
const mostParts = 256;

/** Rejects with PUBSUB_UNREACHABLE. */
export async function openSocket(
  url: string,
  { clock, maxBody, timeouts, tls }: ConnectionSettings,
  signal: AbortSignal,
): Promise<FrameSocket> {
  const socket = new WebSocket(url, {
    perMessageDeflate: false,
    maxPayload: Math.max(largestFrame, Math.ceil(maxBody / mostParts)) + headersOfAFrame,
    handshakeTimeout: timeouts.open,
    followRedirects: false,
    ...(tls?.ca !== undefined && { ca: tls.ca }),
    ...(tls?.cert !== undefined && { cert: tls.cert }),
    ...(tls?.key !== undefined && { key: tls.key }),
  });
  // Before it is open: nothing that comes right behind may be lost.
  const frames = frameSocket(socket, { clock, heartbeat: timeouts.heartbeat, closeTimeout: timeouts.close });
  const abort = () => socket.terminate();
  signal.addEventListener('abort', abort, { once: true });
  try {
    if (signal.aborted) abort();
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
      socket.once('close', () => reject(new Error('It was closed before it was open.')));
    });
    return frames;
  } catch (error) {
    throw httpPubsubError(
      'PUBSUB_UNREACHABLE',
      `The broadcaster at ${withoutCredentials(url)} takes no WebSocket.`,
      error,
    );
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

function withoutCredentials(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}
