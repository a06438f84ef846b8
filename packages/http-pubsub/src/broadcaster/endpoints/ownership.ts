import type { Answer, HandshakeRequest } from '../../handshake/ask.ts';
import { askPermission } from '../../handshake/ask.ts';
import type { RefusalReason } from '../../handshake/refusal.ts';
import { explainRefusal, originHeader, refusalHeader } from '../../handshake/refusal.ts';
import type { Outgoing } from '../../outgoing/outgoing.ts';
import type { Metrics } from '../metrics.ts';
import type { OwnershipCheck } from '../options.ts';
import type { Permission, SubscriptionStore } from '../ports/subscription-store.ts';
import { originOf } from '../sending/origin.ts';
import type { Slots } from '../sending/slots.ts';
import { Refusal } from './endpoint.ts';

/** Whether a URL is to be called by us, before it gets a subscription. */
export interface Ownership {
  /** What it allows, when it was asked now; throws a Refusal when it is not to be called. */
  require(wanted: {
    readonly url: string;
    readonly recoveries: readonly (string | undefined)[];
    readonly client: string | undefined;
    readonly signal: AbortSignal;
  }): Promise<Permission | undefined>;
}

/** Recovery URLs of one request that have to be asked first. */
const mostRecoveries = 16;

/** By a check that answers yes or no. Asked before a URL gets its first subscription. */
export function checkedOwnership(
  check: OwnershipCheck | undefined,
  subscriptions: SubscriptionStore,
): Ownership {
  return {
    async require({ url, client, signal }) {
      if (!check || (await recoveriesOf(subscriptions, url)) !== undefined) return undefined;
      if (!(await check(url, { client, signal }))) throw new Refusal(403);
      return undefined;
    },
  };
}

export interface AskedOwnershipOptions extends HandshakeRequest {
  readonly subscriptions: SubscriptionStore;
  readonly outgoing: Outgoing;
  readonly slots: Slots;
  readonly metrics: Metrics;
  /** Milliseconds that a URL gets for its answer. */
  readonly timeout: number;
  /** Ends all that is being asked. */
  readonly abort: AbortSignal;
}

/**
 * By asking the URLs themselves: the subscriber's, and those where it wants to be told of what it missed, for they are called too.
 * What they said is remembered as long as there are subscriptions.
 */
export function askedOwnership(options: AskedOwnershipOptions): Ownership {
  const { origin, subscriptions, outgoing, slots, abort: signal, timeout } = options;
  const asking = new Map<string, Promise<Answer | undefined>>();

  /** A subscriber may subscribe to much at once: it is asked once. */
  function ask(url: string): Promise<Answer | undefined> {
    const known = asking.get(url);
    if (known) return known;
    const begin = () => askPermission(outgoing, url, options, { signal, timeout });
    const answer = slots.run(originOf(url), begin, signal).finally(() => asking.delete(url));
    asking.set(url, answer);
    return answer;
  }

  async function rateOf(url: string): Promise<number | undefined> {
    const answer = await ask(url);
    if (typeof answer === 'object') return answer.rate;
    options.metrics.count('refused');
    throw refusal(answer ?? 'unreachable', origin);
  }

  return {
    async require({ url, recoveries }) {
      const known = await recoveriesOf(subscriptions, url);
      const permission = known && (await subscriptions.permission(url));
      // It said yes to somebody else, or was never asked.
      const isAsked = permission?.origin === origin;
      const open = new Set(isAsked ? [] : [url]);
      for (const recovery of recoveries) {
        if (recovery !== undefined && !(isAsked && known?.has(recovery))) open.add(recovery);
      }
      if (open.size > mostRecoveries + 1) throw new Refusal(400);
      if (open.size === 0) return undefined;
      const rates = await Promise.all([...open].map(rateOf));
      if (isAsked) rates.push(permission.rate);
      const least = Math.min(...rates.map((rate) => rate ?? Infinity));
      return { origin, rate: Number.isFinite(least) ? least : undefined };
    },
  };
}

/** Undefined: it has no subscriptions. */
async function recoveriesOf(
  subscriptions: SubscriptionStore,
  url: string,
): Promise<ReadonlySet<string | undefined> | undefined> {
  const { exact, globs } = await subscriptions.list(url);
  const all = [...exact, ...globs];
  return all.length > 0 ? new Set(all.map(({ recovery }) => recovery)) : undefined;
}

/** 503 where it may be otherwise in a moment. Nothing of what the URL answered is passed on. */
function refusal(reason: RefusalReason, origin: string): Refusal {
  const isPassing = reason === 'unreachable';
  return new Refusal(isPassing ? 503 : 403, {
    headers: {
      [refusalHeader]: reason,
      [originHeader]: origin,
      'content-type': 'text/plain; charset=utf-8',
      ...(isPassing && { 'retry-after': '5' }),
    },
    body: `${explainRefusal(reason, origin)}\n`,
  });
}
