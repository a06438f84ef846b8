import type { Clock } from '@millrace/core';
import { isMillraceError } from '@millrace/core';
import type { Dispatcher } from 'undici';
import { httpPubsubError } from '../errors.ts';
import type { OutgoingLimits } from './limits.ts';
import type { OutgoingQuestion, OutgoingReply, OutgoingRequest } from './outgoing.ts';

export type ExchangeRequest =
  | (OutgoingRequest & { readonly method: 'POST' })
  | (OutgoingQuestion & { readonly method: 'OPTIONS'; readonly body?: undefined });

/**
 * One request and its reply. It is undici's lowest interface, for that one alone tells when the first byte goes out: what
 * fails before can be tried again without the risk of saying something twice.
 */
export function exchange(
  dispatcher: Dispatcher,
  target: URL,
  { method, headers, body, signal }: ExchangeRequest,
  limits: OutgoingLimits,
  clock: Clock,
): Promise<OutgoingReply> {
  const { promise, resolve, reject } = Promise.withResolvers<OutgoingReply>();
  let controller: Dispatcher.DispatchController | undefined;
  let settled = false;
  let sent = false;

  const settle = () => {
    settled = true;
    cancelTimer();
    signal?.removeEventListener('abort', abort);
  };
  const fail = (error: unknown) => {
    if (settled) return;
    settle();
    reject(error);
    // One that waits for its connection still is given up when it would start.
    controller?.abort(asError(error));
  };
  const abort = () => fail(signal?.reason);
  const cancelTimer = clock.setTimeout(
    () => fail(failure(sent, target, new Error(`It took more than ${limits.total} ms.`))),
    limits.total,
  );
  signal?.addEventListener('abort', abort, { once: true });

  let reply: Omit<OutgoingReply, 'body'> | undefined;
  const pieces: Uint8Array[] = [];
  let size = 0;
  const handler: Dispatcher.DispatchHandler = {
    onRequestStart(started) {
      if (settled) return started.abort(new Error('It was given up before it began.'));
      controller = started;
      sent = true;
    },
    onResponseStart(_, status, raw) {
      // An interim response, of which the final one is still to come.
      if (status >= 200) reply = { status, headers: headersOf(raw) };
    },
    onResponseData(_, piece) {
      size += piece.length;
      if (size > limits.reply) {
        fail(failure(true, target, new Error(`The reply has more than ${limits.reply} bytes.`)));
      } else pieces.push(piece);
    },
    onResponseEnd() {
      if (settled || reply === undefined) return;
      settle();
      resolve({ ...reply, body: Buffer.concat(pieces) });
    },
    onResponseError(_, error) {
      fail(isMillraceError(error) ? error : failure(sent, target, error));
    },
  };
  try {
    dispatcher.dispatch(
      {
        origin: target.origin,
        path: `${target.pathname}${target.search}`,
        method,
        headers,
        body: typeof body === 'function' ? body() : (body ?? null),
        headersTimeout: limits.headers,
        bodyTimeout: limits.body,
      },
      handler,
    );
  } catch (error) {
    fail(failure(sent, target, asError(error)));
  }
  return promise;
}

function failure(sent: boolean, { origin }: URL, cause: Error & { readonly code?: string }): Error {
  if (cause.code === 'UND_ERR_INVALID_ARG') {
    return httpPubsubError('PUBSUB_OPTIONS', 'That is no request: a header or a limit is wrong.', cause);
  }
  return sent
    ? httpPubsubError(
        'PUBSUB_AMBIGUOUS',
        `${origin} gave no usable reply; it may have taken the request.`,
        cause,
      )
    : httpPubsubError('PUBSUB_UNREACHABLE', `Nothing was sent to ${origin}, which can't be reached.`, cause);
}

function headersOf(raw: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(raw).map(([name, value = '']) => [name, Array.isArray(value) ? value.join(', ') : value]),
  );
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error('The request was aborted.', { cause: reason });
}
