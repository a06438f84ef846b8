import type { Check, VerifyContext } from '@millrace/core';
import { isMillraceError, systemClock } from '@millrace/core';
import { createBroadcasters } from '../calls/broadcasters.ts';
import { subscriptionCalls } from '../calls/subscription-calls.ts';
import { outgoing } from '../outgoing/outgoing.ts';
import { etagOf } from '../wire/etag.ts';
import type { SubscriberSettings } from './settings.ts';

const remedies: Readonly<Record<string, string>> = {
  PUBSUB_UNREACHABLE: 'Start the broadcaster, or correct its `url`.',
  PUBSUB_REFUSED: 'Compare the secrets of both sides, and their clocks.',
  PUBSUB_FORGED: 'Compare the secrets of both sides, and their clocks.',
};

/** Does each broadcaster answer, and believe us? One that does not is worth a warning, as long as another one does. */
export async function* checkBroadcasters(
  settings: SubscriberSettings,
  { signal }: Pick<VerifyContext, 'signal'>,
): AsyncGenerator<Check, void> {
  const { address, subscriptions } = settings;
  const client = outgoing(settings.outgoing);
  const { callOne } = createBroadcasters({
    ...settings,
    outgoing: client,
    clock: systemClock,
    random: Math.random,
  });
  const calls = subscriptionCalls(address, settings.auth);
  try {
    const results = await Promise.all(
      settings.broadcasters.map(async (broadcaster) => {
        const name = `call ${broadcaster.base}`;
        try {
          return { name, etag: await callOne(broadcaster, calls.check(), signal) };
        } catch (error) {
          return { name, error };
        }
      }),
    );
    const first = results.find((result) => 'etag' in result);
    for (const { name, ...result } of results) {
      yield 'etag' in result
        ? { name, ok: true }
        : { ...failed(name, result.error), fatal: first === undefined };
    }
    if (first?.etag) yield checkSubscriptions(first.etag.equals(etagOf(address.receive, subscriptions)));
  } finally {
    await client.close();
  }
}

function checkSubscriptions(ok: boolean): Check {
  const name = 'subscriptions';
  if (ok) return { name, ok };
  return {
    name,
    ok,
    fatal: false,
    code: 'PUBSUB_SUBSCRIPTIONS',
    problem: 'The broadcaster does not have the subscriptions of this source so far.',
    remedy: 'Nothing: the source makes them when it opens. What was published before does not come.',
  };
}

function failed(name: string, error: unknown): Check {
  const code = isMillraceError(error) ? error.code : undefined;
  const remedy = remedies[code ?? ''];
  return {
    name,
    ok: false,
    ...(code !== undefined && { code }),
    problem: error instanceof Error ? error.message : String(error),
    ...(remedy !== undefined && { remedy }),
  };
}
