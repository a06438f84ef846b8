import type { EventLog } from '../event-log/event-log.ts';
import { objectIn, objectsIn } from './json-body.ts';
import type { RestCall, RestReply, RestResource } from './rest-call.ts';
import { methodNotAllowed, notFound, RestFailure, unreadable } from './rest-error.ts';

/** The record that a generic channel is. */
export interface StreamingChannel {
  readonly Id: string;
  readonly Name: string;
}

/** In the order in which they were defined; their ids never change. */
export function streamingChannels({ channels }: EventLog): readonly StreamingChannel[] {
  return channels
    .filter((name) => name.startsWith('/u/'))
    .map((Name, index) => ({ Id: `0M6000000000${(index + 1).toString(36).padStart(3, '0')}AAA`, Name }));
}

/** Streaming API guide, "Streaming Channel Push": characters of a payload. */
const longest = 3_000;

/** `POST sobjects/StreamingChannel/{id}/push`. Every user hears of it, whoever was meant. */
export const pushToChannel: RestResource = ({ log }, call, [id = '']) => {
  const channel = streamingChannels(log).find(({ Id }) => Id === id || Id.slice(0, 15) === id);
  if (!channel) throw notFound();
  if (call.method === 'GET') return { status: 200, body: { OnlineUserIds: [], ChannelName: channel.Name } };
  if (call.method !== 'POST') throw methodNotAllowed(call.method, ['GET', 'HEAD', 'POST']);
  return push(log, channel.Name, call);
};

function push(log: EventLog, name: string, { body }: RestCall): RestReply {
  const payloads = objectsIn(objectIn(body), 'pushEvents').map(({ payload }) => {
    if (typeof payload !== 'string') throw unreadable('Each of "pushEvents" needs a payload');
    if (payload.length <= longest) return payload;
    throw new RestFailure(400, {
      errorCode: 'STRING_TOO_LONG',
      message: `payload: data value too large (max length=${longest})`,
      fields: ['payload'],
    });
  });
  // -1: to all who listen.
  const results = payloads.map((payload) => {
    log.publish(name, payload);
    return { fanoutCount: -1, userOnlineStatus: {} };
  });
  return { status: 200, body: results };
}
