import type { Org } from '../org.ts';

const day = 24 * 3_600_000;
/** Deliveries are added up by the minute. */
const minute = 60_000;

/** What may still be delivered: each event counts once for each subscriber, for 24 hours. */
export interface Allowance {
  readonly used: number;
  readonly spent: boolean;
  spend(events: number): void;
}

export function createAllowance({ clock, settings, counting }: Org): Allowance {
  const byMinute = new Map<number, number>();

  function used(): number {
    const oldest = Math.floor((clock.monotonic() - day) / minute);
    let sum = 0;
    for (const [at, events] of byMinute) {
      if (at <= oldest) byMinute.delete(at);
      else sum += events;
    }
    return sum;
  }

  return {
    get used() {
      return used();
    },
    get spent() {
      return settings.deliveredPerDay !== Infinity && used() >= settings.deliveredPerDay;
    },
    spend(events) {
      counting.counts.delivered += events;
      const now = Math.floor(clock.monotonic() / minute);
      if (events > 0) byMinute.set(now, (byMinute.get(now) ?? 0) + events);
    },
  };
}
