import type { Clock } from '@millrace/core';
import { redact } from '@millrace/core';
import { bayeuxError } from './bayeux-error.ts';
import type { ErrorField } from './error-field.ts';
import { parseErrorField } from './error-field.ts';
import type { BayeuxFailure } from './failure.ts';
import { isObject, parseJson } from './json.ts';
import type { EventMessage, MetaReply, MetaRequest } from './messages.ts';
import { isMetaReply } from './messages.ts';
import type { HttpReply } from './post.ts';

export type Message = MetaReply | EventMessage;

/** Salesforce and its proxies give this limit, Streaming API guide: Error Codes, 413. */
export const maxRequestBytes = 32_768;

/**
 * The messages of a reply, whatever its HTTP status: Salesforce sends 401 and 403 both as HTTP errors and as messages.
 * Throws when there are none.
 */
export function readMessages(reply: HttpReply, request: MetaRequest, clock: Clock): readonly Message[] {
  const content = parse(reply.text);
  const messages = Array.isArray(content)
    ? content.map((element: unknown) => toMessage(element, request))
    : [];
  const complete = messages.filter((message) => message !== undefined);
  if (messages.length > 0 && complete.length === messages.length) return complete;
  throw bayeuxError(reply.status < 300 ? garbage(reply, content) : httpFailure(reply, content, clock));
}

/** A refusal may come without its channel; it is then meant for the request. */
function toMessage(element: unknown, request: MetaRequest): Message | undefined {
  if (!isObject(element)) return undefined;
  if (typeof element['channel'] === 'string') return element as unknown as Message;
  if (element['successful'] !== false) return undefined;
  return { ...element, channel: request.channel };
}

function parse(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

function garbage({ status, text }: HttpReply, content: unknown): BayeuxFailure {
  if (text.trim() === '' || (Array.isArray(content) && content.length === 0)) {
    return { kind: 'garbage', what: 'empty', status };
  }
  if (content !== undefined) return { kind: 'garbage', what: 'not-messages', status };
  return { kind: 'garbage', what: text.trimStart().startsWith('<') ? 'html' : 'not-json', status };
}

function httpFailure({ status, headers }: HttpReply, content: unknown, clock: Clock): BayeuxFailure {
  if (status === 408) return { kind: 'poll-expired' };
  if (status === 413) return { kind: 'too-large', direction: 'request', limit: maxRequestBytes };
  return {
    kind: 'http',
    status,
    retryAfter: readRetryAfter(headers.get('retry-after'), clock),
    errorCode: errorCodeIn(content),
  };
}

/** Salesforce's REST errors are `[{ errorCode, message }]`. */
function errorCodeIn(content: unknown): string | undefined {
  const first: unknown = Array.isArray(content) ? content[0] : content;
  return isObject(first) && typeof first['errorCode'] === 'string' ? first['errorCode'] : undefined;
}

/** Seconds or a date. */
function readRetryAfter(value: string | null, clock: Clock): number | undefined {
  if (value === null) return undefined;
  const milliseconds = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - clock.now();
  return Number.isFinite(milliseconds) ? Math.max(0, milliseconds) : undefined;
}

/** The message that answers the request. */
export function findReply(messages: readonly Message[], request: MetaRequest): MetaReply | undefined {
  const replies = messages.filter(isMetaReply);
  const own = replies.filter((reply) => reply.channel === request.channel);
  return (
    own.find((reply) => reply.id === request.id) ??
    own.find((reply) => reply.id === undefined) ??
    // Some refusals name neither the request nor its channel (seen with 401, restforce issue 589).
    replies.find(
      (reply) => reply.id === undefined && reply.successful === false && reply.channel !== '/meta/disconnect',
    )
  );
}

/** What is wrong with the answer, if anything. */
export function judge(
  messages: readonly Message[],
  request: MetaRequest,
  status: number,
): BayeuxFailure | undefined {
  const reply = findReply(messages, request);
  const disconnect =
    request.channel === '/meta/disconnect'
      ? undefined
      : messages.filter(isMetaReply).find((message) => message.channel === '/meta/disconnect');
  if (reply !== undefined && !succeeded(reply)) {
    return metaFailure(reply, request, { status, disconnected: disconnect !== undefined });
  }
  if (disconnect !== undefined) {
    return {
      kind: 'disconnected',
      error: disconnect.error === undefined ? undefined : readError(disconnect.error),
      advice: disconnect.advice,
    };
  }
  return reply === undefined ? { kind: 'garbage', what: 'no-reply', status } : undefined;
}

/** Salesforce's own `/meta/disconnect` says nothing about success. */
function succeeded(reply: MetaReply): boolean {
  return reply.channel === '/meta/disconnect' ? reply.successful !== false : reply.successful === true;
}

function metaFailure(
  reply: MetaReply,
  request: MetaRequest,
  context: { readonly status: number; readonly disconnected: boolean },
): BayeuxFailure {
  const error = readError(reply.error);
  const sfdc = reply.ext?.['sfdc'];
  const failureReason =
    isObject(sfdc) && sfdc['failureReason'] !== undefined ? readError(sfdc['failureReason']) : undefined;
  return {
    kind: 'meta',
    channel: request.channel,
    subscription: 'subscription' in request ? request.subscription : undefined,
    error,
    failureReason,
    reason: failureReason ?? error,
    advice: reply.advice,
    clientId: reply.clientId,
    ...context,
  };
}

function readError(error: unknown): ErrorField {
  return parseErrorField(typeof error === 'string' ? redact(error) : '');
}
