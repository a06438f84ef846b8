import { setTimeout } from 'node:timers/promises';
import type { SalesforceEmulator } from '@millrace/testing/salesforce';

/** The requests of a bench's sources, which take real time while the clock stands still. */
export interface Requests {
  readonly fetch: typeof fetch;
  /** Resolves when the org has answered all but the polls that it holds, and those that it is never going to answer. */
  answered(): Promise<void>;
}

/** Milliseconds of real time after which a request counts as one that is never going to be answered. */
const patience = 1_000;

export function trackRequests(org: SalesforceEmulator): Requests {
  let underWay = 0;
  /** How many are never going to be answered. */
  let lost = 0;
  const open = () => underWay - org.counters.polls;

  return {
    async fetch(input, init) {
      underWay += 1;
      try {
        return await fetch(input, init);
      } finally {
        underWay -= 1;
      }
    },
    async answered() {
      lost = Math.min(lost, Math.max(0, open()));
      const since = performance.now();
      while (open() > lost && performance.now() - since < patience) await setTimeout(1);
      lost = Math.max(0, open());
    },
  };
}
