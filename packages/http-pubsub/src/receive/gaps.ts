import type { Clock } from '@millrace/core';
import type { HttpPubsubError } from '../errors.ts';
import { httpPubsubError } from '../errors.ts';
import { topicName } from './incoming.ts';

export interface GapReports {
  readonly clock: Clock;
  readonly report: (topic: string, cause: HttpPubsubError) => void;
}

/** Milliseconds in which a topic is reported once: lonelypss says it up to 20 times at once. */
const quiet = 1_000;

/** Reports that something of a topic was missed. */
export function createGapReports({ clock, report }: GapReports): (topic: Uint8Array) => void {
  const reported = new Map<string, number>();
  return (topic) => {
    const name = topicName(topic);
    const now = clock.monotonic();
    for (const [old, at] of reported) {
      // In the order in which they were reported.
      if (now - at < quiet) break;
      reported.delete(old);
    }
    if (reported.has(name)) return;
    reported.set(name, now);
    const problem = `The broadcaster could not deliver something of "${name}", and does not say what.`;
    report(name, httpPubsubError('PUBSUB_MISSED', problem));
  };
}
