import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '@millrace/core';
import type { Chunks } from '../wire/codec/chunks.ts';
import { boundedBody } from './body.ts';
import type { MessageChunks } from './node-chunks.ts';
import { chunksOf } from './node-chunks.ts';
import type { ListenerSettings } from './options.ts';
import type { ListenerReply, ListenerRequest, Route } from './route.ts';

/** Milliseconds in which a client that is still sending may read the answer to what nobody wants to hear. */
const linger = 1_000;

/** Bytes of a body. */
const small = 1_024;

/** Replies that have no length, not even 0. */
const bodiless = [204, 304];

/** A request of node:http as a route sees it. */
export function fromNode(
  message: IncomingMessage,
  chunks: Chunks,
  response: ServerResponse,
  url: string,
  { maxBody }: Required<Pick<Route, 'maxBody'>>,
  { limits, clock }: ListenerSettings,
): ListenerRequest {
  let gone: AbortController | undefined;
  return {
    method: message.method ?? '',
    url,
    headers: headersOf(message),
    body: boundedBody(chunks, { ...limits, maxBody }, clock),
    /** Few ask for it, and one for each request has its price. */
    get signal() {
      gone ??= goneOf(response);
      return gone.signal;
    },
    remoteAddress: message.socket.remoteAddress,
  };
}

export function replyTo(
  message: IncomingMessage,
  response: ServerResponse,
  { status, headers, body = '' }: ListenerReply,
  {
    closing,
    clock,
    chunks = chunksOf(message),
  }: { readonly closing: boolean; readonly clock: Clock; readonly chunks?: MessageChunks },
): void {
  if (response.destroyed || response.headersSent) return;
  // What was not read of a body can't be told from the next request.
  const isRead = message.complete || chunks.ended;
  response.writeHead(status, {
    ...headers,
    ...(!bodiless.includes(status) && { 'content-length': Buffer.byteLength(body) }),
    ...((closing || !isRead) && { connection: 'close' }),
  });
  // What is small goes out in one piece with the head, as the text that the head is too.
  if (typeof body === 'object' && body.length <= small)
    response.end(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1'), 'latin1');
  else response.end(body);
  if (!isRead) letGo(message, clock);
}

/** A connection that is closed with bytes unread takes the answer with it. */
function letGo(message: IncomingMessage, clock: Clock): void {
  const cancel = clock.setTimeout(() => message.socket.destroy(), linger);
  message.once('close', cancel);
  message.on('error', () => {});
  message.resume();
}

/** Aborts when the client has gone before it was answered. */
function goneOf(response: ServerResponse): AbortController {
  const gone = new AbortController();
  const onClose = () => {
    if (!response.writableFinished) gone.abort();
  };
  if (response.destroyed) onClose();
  else response.once('close', onClose);
  return gone;
}

/** Node joins what comes several times by commas, all but these. */
function headersOf({ headers }: IncomingMessage): Readonly<Record<string, string>> {
  const { 'set-cookie': cookies } = headers;
  const others = headers as Record<string, string>;
  return cookies ? { ...others, 'set-cookie': cookies.join(', ') } : others;
}
