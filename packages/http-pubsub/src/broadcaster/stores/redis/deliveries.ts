import type { DeliveryStore, Lease, LeasedDelivery, LeasedHint } from '../../ports/delivery-store.ts';
import * as scripts from './delivery-scripts.ts';
import type { RedisMessages } from './messages.ts';
import type { RedisBroadcasterStoreOptions } from './options.ts';
import type { Answer, Scripts } from './scripts.ts';
import { bytesOf, listOf, numberOf, optionalText, textOf } from './scripts.ts';

type Options = Pick<Required<RedisBroadcasterStoreOptions>, 'maxDeliveries' | 'maxBytes'>;

export function redisDeliveries(
  { run, call }: Scripts,
  messages: RedisMessages,
  { maxDeliveries, maxBytes }: Options,
): DeliveryStore {
  return {
    async put(message, deliveries, { owner, lease }) {
      const kept = (await messages.prepare(message))(message.tracing);
      const rows = deliveries.flatMap(({ id, url, recovery = '', attempts, failure = '', delay }) => [
        id,
        url,
        recovery,
        attempts,
        failure,
        delay === undefined ? '' : Math.ceil(delay),
      ]);
      const answer = await run(
        scripts.put,
        owner,
        Math.ceil(lease),
        maxDeliveries,
        maxBytes,
        ...kept,
        ...rows,
      );
      return answer === -1 ? 'full' : 'kept';
    },

    async putHints(hints) {
      const rows = hints.flatMap(({ url, recovery, topic, delay }) => [
        `missed ${Buffer.from(topic).toString('base64url')} ${recovery}`,
        url,
        recovery,
        Buffer.from(topic),
        Math.ceil(delay),
      ]);
      await run(scripts.putHints, ...rows);
    },

    async lease({ owner, lease, limit, perUrl }) {
      const rows = listOf(await run(scripts.lease, owner, Math.ceil(lease), limit, perUrl));
      return rows.map((row) => leasedOf(row, owner, messages));
    },

    complete: async (lease) => (await run(scripts.complete, ...of(lease))) === 1,

    reschedule: async (lease, { delay, attempts, failure = '' }) =>
      (await run(scripts.reschedule, ...of(lease), Math.ceil(delay), attempts, failure)) === 1,

    bury: async (lease, { attempts, failure, diedAt }) =>
      (await run(scripts.bury, ...of(lease), Math.round(diedAt), attempts, failure)) === 1,

    async nextDue() {
      const answer = await run(scripts.nextDue);
      return answer === null ? undefined : numberOf(answer);
    },

    async counts() {
      const fields = ['deliveries', 'hints', 'dead', 'bytes'];
      const [deliveries = 0, hints = 0, deadLetters = 0, bytes = 0] = listOf(
        await call('HMGET', 'counts', ...fields),
      ).map(numberOf);
      return { deliveries, hints, deadLetters, bytes };
    },
  };
}

function of({ id, owner, fence }: Lease): readonly [string, string, number] {
  return [id, owner, fence];
}

function leasedOf(row: Answer, owner: string, messages: RedisMessages): LeasedDelivery | LeasedHint {
  const [id, fence, url, recovery, attempts, topic, message] = listOf(row);
  const common = {
    id: textOf(id),
    owner,
    fence: numberOf(fence),
    url: textOf(url),
    attempts: numberOf(attempts),
  };
  return message === null
    ? { kind: 'missed', ...common, recovery: textOf(recovery), topic: bytesOf(topic) }
    : { kind: 'message', ...common, recovery: optionalText(recovery), message: messages.fromAnswer(message) };
}
