import type { Org } from '../org.ts';

const day = 24 * 3_600_000;

/** What may still be delivered: each event counts once for each subscriber, for 24 hours. */
export interface Allowance {
  readonly spent: boolean;
  spend(events: number): void;
}

export function createAllowance({ clock, settings, counting }: Org): Allowance {
  let spending: { readonly at: number; readonly events: number }[] = [];
  return {
    get spent() {
      const since = clock.monotonic() - day;
      spending = spending.filter(({ at }) => at > since);
      return spending.reduce((sum, { events }) => sum + events, 0) >= settings.deliveredPerDay;
    },
    spend(events) {
      counting.counts.delivered += events;
      if (settings.deliveredPerDay !== Infinity && events > 0)
        spending.push({ at: clock.monotonic(), events });
    },
  };
}
