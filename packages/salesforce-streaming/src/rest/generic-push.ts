import { salesforceError } from '../errors.ts';
import { isObject, textOf } from './json.ts';
import type { RestClient } from './rest-client.ts';
import { statedCodeOf } from './rest-failure.ts';

/** What became of a generic event. */
export interface Pushed {
  /** Subscribers that were online; -1 when it went to all, whose number nobody knows. */
  readonly fanoutCount: number;
}

/** Streaming API Developer Guide, "Streaming Channel Push": 3,000 single-byte characters. */
const mostBytes = 3_000;

/** Pushes generic events. Remembers the ids of channels. `api` adds the path of the API's version. */
export function genericPush(api: RestClient) {
  const ids = new Map<string, string>();

  async function idOf(channel: string, signal: AbortSignal): Promise<string> {
    const known = ids.get(channel);
    if (known !== undefined) return known;
    const name = channel.replace(/[\\']/g, '\\$&');
    const query = new URLSearchParams({ q: `SELECT Id FROM StreamingChannel WHERE Name = '${name}'` });
    const answer = await api.call({ method: 'GET', path: `/query?${query.toString()}`, signal });
    const [record]: readonly unknown[] =
      isObject(answer) && Array.isArray(answer.records) ? answer.records : [];
    const id = isObject(record) ? textOf(record.Id) : undefined;
    if (id === undefined || !/^\w{15,18}$/.test(id)) {
      throw salesforceError(
        'SALESFORCE_CHANNEL_MISSING',
        `The org has no streaming channel ${channel} that the user can see. Create it as a StreamingChannel, mind upper and lower case, and give the user access to it.`,
      );
    }
    ids.set(channel, id);
    return id;
  }

  async function send(channel: string, body: string, signal: AbortSignal, secrets: readonly string[]) {
    const path = `/sobjects/StreamingChannel/${await idOf(channel, signal)}/push`;
    return api.call({ method: 'POST', path, body, signal, secrets: () => secrets });
  }

  return async (
    channel: string,
    payloads: readonly string[],
    signal: AbortSignal,
  ): Promise<readonly Pushed[]> => {
    check(channel, payloads);
    if (payloads.length === 0) return [];
    const body = JSON.stringify({ pushEvents: payloads.map((payload) => ({ payload, userIds: [] })) });
    const secrets = payloads.filter(({ length }) => length > 3);
    const wasKnown = ids.has(channel);
    let answer: unknown;
    try {
      answer = await send(channel, body, signal, secrets);
    } catch (error) {
      // A channel that was made anew has another id.
      ids.delete(channel);
      if (!wasKnown || statedCodeOf(error) !== 'NOT_FOUND') throw error;
      answer = await send(channel, body, signal, secrets);
    }
    if (Array.isArray(answer) && answer.length === payloads.length && answer.every(isPushed)) {
      return answer.map(({ fanoutCount }) => ({ fanoutCount }));
    }
    throw salesforceError(
      'SALESFORCE_RESPONSE_INVALID',
      `The answer to a push to ${channel} does not say what became of it, so it may have been published or not.`,
    );
  };
}

function isPushed(value: unknown): value is Pushed {
  return isObject(value) && typeof value.fanoutCount === 'number';
}

function check(channel: string, payloads: readonly string[]): void {
  if (!/^\/u\/./.test(channel)) {
    throw salesforceError(
      'SALESFORCE_EVENT_INVALID',
      `"${channel}" is no channel of generic events. Those begin with /u/, such as /u/notices.`,
    );
  }
  for (const payload of payloads) {
    if (typeof payload === 'string' && Buffer.byteLength(payload) <= mostBytes) continue;
    throw salesforceError(
      'SALESFORCE_EVENT_INVALID',
      `The payload of a generic event for ${channel} is not a text of up to ${mostBytes} bytes. Send less, or a reference to it.`,
    );
  }
}
