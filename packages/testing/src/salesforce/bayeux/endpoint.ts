import type { Aim, Hit } from '../faults/fault-script.ts';
import { damaged, replyInstead } from '../faults/http-faults.ts';
import type { HttpReply, HttpRequest } from '../http/exchange.ts';
import { bearerOf, jsonReply, textReply } from '../http/exchange.ts';
import type { Org } from '../org.ts';
import { streams } from '../versions.ts';
import { answer } from './answer.ts';
import type { Bayeux, Exchange } from './bayeux.ts';
import { cookiesOf } from './cookies.ts';
import type { ClientMessage, ServerMessage } from './messages.ts';
import { metaKind, parseMessages } from './messages.ts';

/** Streaming API guide, error codes: larger bodies are refused. */
const mostBytes = 32_768;

/** `POST /cometd/{version}`. Undefined: not such a path. */
export async function answerBayeux(bayeux: Bayeux, request: HttpRequest): Promise<HttpReply | undefined> {
  const path = /^\/cometd\/(\d+)\.0(?:\/[a-z]*)?$/.exec(request.url.pathname);
  if (!path) return undefined;
  // What CometD says to everything but its transports.
  if (request.method !== 'POST') return textReply(400, 'Unknown Bayeux Transport');
  if (request.body.length > mostBytes) return textReply(413, 'Maximum Request Size Exceeded');
  const version = Number(path[1]);
  if (!streams(version)) return textReply(400, 'Unsupported API version');
  const messages = parseMessages(request.body);
  if (!messages) return textReply(400, 'Invalid JSON');

  const { org, routes } = bayeux;
  const hit = org.faultScript.take(messages.flatMap(aimOf));
  const instead = await replyInstead(org, request, hit?.fault);
  if (instead) return instead;
  const cookies = cookiesOf(request);
  const route = routes.of(cookies.get('sfdc-stream'));
  const exchange: Exchange = {
    version,
    token: bearerOf(request),
    server: route.server,
    browser: cookies.get('BAYEUX_BROWSER'),
    signal: request.signal,
    setCookies: route.cookie === undefined ? [] : [route.cookie],
  };
  const replies = await answerAll(bayeux, exchange, messages, hit);
  if (replies === 'gone') return { status: 200, damage: { kind: 'silence' } };
  // What CometD answers to the older of two connects.
  if (replies === 'superseded') return { status: 408 };
  const headers = exchange.setCookies.length > 0 ? { 'set-cookie': exchange.setCookies } : {};
  return damaged(jsonReply(200, replies, headers), hit?.fault);
}

/** The replies to a batch, with the events that travel along. A connect waits when all else is answered. */
async function answerAll(
  bayeux: Bayeux,
  exchange: Exchange,
  messages: readonly ClientMessage[],
  hit: Hit | undefined,
): Promise<readonly ServerMessage[] | 'superseded' | 'gone'> {
  const replies: ServerMessage[] = [];
  let events: readonly ServerMessage[] = [];
  const connects = messages.filter((message) => metaKind(message) === 'connect');
  const others = messages.filter((message) => metaKind(message) !== 'connect');
  for (const message of [...others, ...connects]) {
    const answered = await answer(bayeux, exchange, message, faultOn(message, hit));
    if (typeof answered === 'string') return answered;
    replies.push(...answered.replies);
    if (answered.session && travels(bayeux.org, message)) {
      events = events.concat(answered.session.take(bayeux.org.settings.eventsPerReply - events.length));
    }
  }
  bayeux.allowance.spend(events.length);
  const said = hit?.fault.kind === 'without-id' ? replies.map(withoutId) : replies;
  const sent = hit?.fault.kind === 'duplicate-events' ? events.flatMap((event) => [event, event]) : events;
  return comesBefore(bayeux.org) ? [...sent, ...said] : [...said, ...sent];
}

/** Whether events that wait come with the reply to this message. */
function travels({ settings: { eventsInSubscribeReply }, random }: Org, message: ClientMessage): boolean {
  if (metaKind(message) === 'connect') return true;
  return eventsInSubscribeReply === 'random' ? random() < 0.5 : eventsInSubscribeReply;
}

function comesBefore({ settings: { events }, random }: Org): boolean {
  return events === 'random' ? random() < 0.5 : events === 'before';
}

function withoutId(reply: ServerMessage): ServerMessage {
  const { id, ...rest } = reply;
  return id === undefined ? reply : { ...rest, channel: reply.channel };
}

function aimOf(message: ClientMessage): readonly Aim[] {
  const target = metaKind(message);
  if (target === undefined) return [];
  return [{ target, ...(typeof message.subscription === 'string' && { channel: message.subscription }) }];
}

function faultOn(message: ClientMessage, hit: Hit | undefined) {
  return hit && metaKind(message) === hit.aim.target ? hit.fault : undefined;
}
