import type { Clock } from './clock.ts';
import type { Delivery } from './delivery.ts';

/** What the lane does after a run of its head. */
export type Next =
  | 'advance'
  /** Nothing behind it may overtake: the rest of the lane goes back too. */
  | 'stop'
  /** Run it again in place after so many milliseconds; the lane waits. */
  | number;

export interface Lanes {
  add(deliveries: readonly Delivery[]): void;
  /** To be called once for each run that was started. */
  ended(delivery: Delivery, next: Next): void;
  /** Takes out, and answers, what was never started or waits to run again. All of a lane must match, or none. */
  drop(matching: (delivery: Delivery) => boolean): readonly Delivery[];
  /** Starts nothing more; answers what was never started or waits to run again. */
  close(): readonly Delivery[];
  /** Resolves when nothing runs. */
  idle(): Promise<void>;
}

/**
 * Decides what runs when: deliveries with the same lane key one after another, all others up to `concurrency` at
 * once, each in order of arrival.
 */
export function createLanes({
  concurrency,
  clock,
  run,
  release,
}: {
  readonly concurrency: number;
  readonly clock: Clock;
  /** Starts a run, which may end at once. Must not throw. */
  readonly run: (delivery: Delivery) => void;
  readonly release: (deliveries: readonly Delivery[]) => void;
}): Lanes {
  const ready: Delivery[] = [];
  /** Behind the head of each lane. */
  const behind = new Map<string, Delivery[]>();
  const waiting = new Map<Delivery, () => void>();
  const idlers: (() => void)[] = [];
  let running = 0;
  let pumping = false;
  let closed = false;

  function enqueue(delivery: Delivery): void {
    const { laneKey } = delivery;
    if (laneKey !== undefined) {
      const lane = behind.get(laneKey);
      if (lane) {
        lane.push(delivery);
        return;
      }
      behind.set(laneKey, []);
    }
    ready.push(delivery);
  }

  function pump(): void {
    // A run that ends at once comes here from within: the loop goes on by itself, however many there are of them.
    if (pumping) return;
    pumping = true;
    while (!closed && running < concurrency) {
      const delivery = ready.shift();
      if (delivery === undefined) break;
      running += 1;
      run(delivery);
    }
    pumping = false;
    if (running === 0) for (const resolve of idlers.splice(0)) resolve();
  }

  function again(delivery: Delivery, delay: number): void {
    if (closed) return release([delivery]);
    const cancel = clock.setTimeout(() => {
      waiting.delete(delivery);
      ready.push(delivery);
      pump();
    }, delay);
    waiting.set(delivery, cancel);
  }

  function leave({ laneKey }: Delivery, next: 'advance' | 'stop'): void {
    if (laneKey === undefined) return;
    const lane = behind.get(laneKey);
    if (lane === undefined) return;
    if (next === 'stop') {
      behind.delete(laneKey);
      if (lane.length > 0) release(lane);
      return;
    }
    const head = lane.shift();
    if (head) ready.push(head);
    else behind.delete(laneKey);
  }

  return {
    add(deliveries) {
      if (closed) return release(deliveries);
      deliveries.forEach(enqueue);
      pump();
    },
    ended(delivery, next) {
      running -= 1;
      if (typeof next === 'number') again(delivery, next);
      else leave(delivery, next);
      pump();
    },
    drop(matching) {
      const heads = [...waiting.keys(), ...ready].filter(matching);
      const dropped = [...heads];
      for (const lane of behind.values()) if (lane.some(matching)) dropped.push(...lane.splice(0));
      for (const head of heads) {
        waiting.get(head)?.();
        waiting.delete(head);
        if (head.laneKey !== undefined) behind.delete(head.laneKey);
      }
      ready.splice(0, Infinity, ...ready.filter((delivery) => !matching(delivery)));
      return dropped;
    },
    close() {
      closed = true;
      for (const cancel of waiting.values()) cancel();
      const unstarted = [...waiting.keys(), ...ready, ...[...behind.values()].flat()];
      waiting.clear();
      ready.length = 0;
      behind.clear();
      return unstarted;
    },
    idle: () => (running === 0 ? Promise.resolve() : new Promise((resolve) => idlers.push(resolve))),
  };
}
