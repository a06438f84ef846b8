import type { Check } from '@millrace/core';
import { isObject } from '../rest/json.ts';
import type { Ask } from './ask.ts';
import { passed, warned } from './check.ts';

interface Allocation {
  readonly label: string;
  readonly of: string;
  readonly remedy: string;
}

const clients: Allocation = {
  label: 'DurableStreamingApiConcurrentClients',
  of: 'CometD clients at the same time',
  remedy: 'Close other clients; browsers with components that use empApi count too.',
};
const delivered = (label: string, of: string): Allocation => ({
  label,
  of,
  remedy:
    'Subscribe to less, and with fewer subscribers: each event counts once for each of them. What is not delivered stays retained for a while.',
});
const platformEvents = [
  delivered('DailyDeliveredPlatformEvents', 'platform and change events delivered in 24 hours'),
  // Only in orgs with the add-on; the label until API version 47.0, and that from 48.0.
  delivered('MonthlyPlatformEvents', 'platform and change events delivered in a month'),
  delivered('MonthlyPlatformEventsUsageEntitlement', 'platform and change events delivered in a month'),
  // Of events that were defined before API version 45.0.
  delivered('DailyStandardVolumePlatformEvents', 'standard-volume platform events delivered in 24 hours'),
];

/** REST API guide: "Limits". Salesforce takes up to five minutes to count. */
const allocations: Readonly<Record<string, readonly Allocation[]>> = {
  event: platformEvents,
  data: platformEvents,
  topic: [delivered('DailyDurableStreamingApiEvents', 'PushTopic events delivered in 24 hours')],
  u: [delivered('DailyDurableGenericStreamingApiEvents', 'generic events delivered in 24 hours')],
};

/** What is left of an allocation that is nearly used up. */
const little = 0.1;

/** How far the org is from what would end the delivery of events. */
export async function* checkLimits(
  transport: 'bayeux' | 'pubsub',
  channels: readonly string[],
  ask: Ask,
): AsyncGenerator<Check> {
  const answer = await ask('limits', '/limits', { permission: 'View Setup and Configuration' });
  if ('check' in answer) {
    yield answer.check;
    return;
  }
  const kinds = new Set(channels.map((channel) => channel.split('/')[1] ?? ''));
  const wanted = new Set([...kinds].flatMap((kind) => allocations[kind] ?? []));
  for (const allocation of transport === 'bayeux' ? [clients, ...wanted] : wanted) {
    const limit = isObject(answer.value) ? answer.value[allocation.label] : undefined;
    if (!isObject(limit)) continue;
    const { Max: most, Remaining: left } = limit;
    if (typeof most === 'number' && typeof left === 'number' && most > 0) yield check(allocation, most, left);
  }
}

function check({ label, of, remedy }: Allocation, most: number, left: number): Check {
  const name = `limit ${label}`;
  if (left > most * little) return passed(name);
  const problem = `${Math.max(0, left)} of ${most} ${of} are left to the org.`;
  return warned(name, 'SALESFORCE_LIMIT_NEAR', problem, remedy);
}
