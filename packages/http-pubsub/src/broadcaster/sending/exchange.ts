import { Readable } from 'node:stream';
import type { Clock } from '@millrace/core';
import { isMillraceError } from '@millrace/core';
import type { Outgoing, OutgoingReply, OutgoingRequest } from '../../outgoing/outgoing.ts';
import type { Decoding } from '../../wire/codec/decoding.ts';
import { decode } from '../../wire/codec/decoding.ts';
import type { MessageBody } from '../ports/message.ts';
import type { Failure } from './outcome.ts';
import { failed } from './outcome.ts';

/** Bytes of a message up to which it is sent in one piece with what stands before it. */
const onePiece = 64 * 1_024;
/** Milliseconds that a subscriber may ask to be left alone. */
const mostRetryAfter = 3_600_000;

export interface Exchange<R> {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly prefix: Uint8Array;
  readonly body?: MessageBody;
  readonly reply: () => Decoding<R>;
  readonly signal: AbortSignal;
  /** Milliseconds for all of it. */
  readonly timeout: number;
}

/** What came back: a reply that keeps to the protocol, or why not. Redirects are not followed. */
export type Exchanged<R> =
  | {
      readonly kind: 'reply';
      readonly status: number;
      readonly reply: R;
      readonly retryAfter: number | undefined;
    }
  | { readonly kind: 'gone' }
  | Failure;

/** Posts to a subscriber. Never rejects. */
export async function post<R>(
  outgoing: Outgoing,
  clock: Clock,
  { url, headers, prefix, body, reply, signal, timeout }: Exchange<R>,
): Promise<Exchanged<R>> {
  let answer: OutgoingReply;
  try {
    answer = await outgoing.post(url, {
      headers: { 'content-type': 'application/octet-stream', ...headers, ...lengthOf(prefix, body) },
      body: await bodyOf(prefix, body),
      signal,
      limits: { total: timeout, headers: timeout, body: timeout },
    });
  } catch (error) {
    return failureOf(error);
  }
  const { status } = answer;
  if (status === 410) return { kind: 'gone' };
  const retryAfter = retryAfterOf(answer.headers['retry-after'], clock);
  try {
    return { kind: 'reply', status, reply: decode(reply(), answer.body), retryAfter };
  } catch {
    return failed(isSuccess(status) ? 'Its answer is no confirmation.' : `It answered ${status}.`, {
      retryAfter,
    });
  }
}

export function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

function lengthOf(prefix: Uint8Array, body: MessageBody | undefined): Record<string, string> {
  return { 'content-length': String(prefix.length + (body?.length ?? 0)) };
}

async function bodyOf(prefix: Uint8Array, body: MessageBody | undefined): Promise<OutgoingRequest['body']> {
  if (!body || body.length === 0) return prefix;
  if (body.length > onePiece) return () => Readable.from(chained(prefix, body), { objectMode: false });
  const parts = [prefix];
  for await (const chunk of body.chunks()) parts.push(chunk);
  return Buffer.concat(parts);
}

async function* chained(prefix: Uint8Array, body: MessageBody): AsyncGenerator<Uint8Array, void> {
  yield prefix;
  yield* body.chunks();
}

function failureOf(error: unknown): Failure {
  const code = isMillraceError(error) ? error.code : undefined;
  switch (code) {
    case 'PUBSUB_FORBIDDEN':
      return failed('It may not be called.', { permanent: true });
    case 'PUBSUB_OPTIONS':
      return failed('It can not be called: its URL or the message does not fit.', { permanent: true });
    case 'PUBSUB_UNREACHABLE':
      return failed('It can not be reached.', { slow: true });
    default:
      return failed('It gave no usable answer in time.', { slow: true });
  }
}

function retryAfterOf(header: string | undefined, clock: Clock): number | undefined {
  if (header === undefined) return undefined;
  const wait = /^\d{1,9}$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - clock.now();
  return Number.isNaN(wait) ? undefined : Math.min(mostRetryAfter, Math.max(0, wait));
}
