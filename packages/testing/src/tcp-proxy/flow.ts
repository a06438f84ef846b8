import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Clock } from '@millrace/core';
import { wait } from '@millrace/core';
import type { Cut, DirectionFaults } from './direction.ts';

export interface FlowOptions {
  readonly from: Socket;
  readonly to: Socket;
  readonly faults: DirectionFaults;
  readonly clock: Clock;
  readonly random: () => number;
  /** Aborts when the connection is over. */
  readonly over: AbortSignal;
  /** Ends the connection as a broken one. */
  readonly reset: () => void;
}

/** A chunk, or how the sender ended: ends travel in line with the bytes before them, and are delayed like those. */
type Arrival = { readonly due: number; readonly what: Buffer | 'end' | 'reset' };

/** Bytes that are held in one direction before the sender is made to wait, as a socket's buffer does. */
const most = 64 * 1_024;

/** Forwards one direction of one connection, with what is wrong in it. */
export function startFlow(options: FlowOptions): void {
  const { from, to, faults, clock, random, over, reset } = options;
  const arrivals: Arrival[] = [];
  let held = 0;
  let forwarding = false;
  let counted: Cut | undefined;
  let passed = 0;

  from.on('data', (chunk: Buffer) => arrive(chunk));
  from.once('end', () => arrive('end'));
  from.once('error', () => arrive('reset'));

  function arrive(what: Arrival['what']): void {
    const { milliseconds = 0, jitter = 0 } = faults.latency ?? {};
    const delay = jitter > 0 ? milliseconds + random() * jitter : milliseconds;
    arrivals.push({ due: clock.monotonic() + delay, what });
    if (typeof what !== 'string' && (held += what.length) > most) from.pause();
    if (!forwarding) void forward();
  }

  async function forward(): Promise<void> {
    forwarding = true;
    for (let next = arrivals.shift(); next && !over.aborted; next = arrivals.shift()) {
      const { due, what } = next;
      const early = due - clock.monotonic();
      if (early > 0) await wait(clock, early, over);
      await faults.blackHole?.promise;
      if (over.aborted) return;
      if (what === 'end') to.end();
      else if (what === 'reset') reset();
      else await pass(what);
    }
    forwarding = false;
  }

  async function pass(chunk: Buffer): Promise<void> {
    for (let rest = chunk; rest.length > 0 && !over.aborted;) {
      const { slicing } = faults;
      const length = slicing ? 1 + Math.floor(random() * slicing.size) : rest.length;
      const piece = rest.subarray(0, length);
      rest = rest.subarray(piece.length);
      if (cuts(piece)) return;
      if (!to.write(piece)) await once(to, 'drain', { signal: over }).catch(() => {});
      if (slicing && rest.length > 0) await wait(clock, slicing.pause, over);
    }
    held -= chunk.length;
    if (held <= most) from.resume();
  }

  /** Lets through what is still allowed, and closes where more would follow. */
  function cuts(piece: Buffer): boolean {
    const { cut } = faults;
    if (cut !== counted) passed = 0;
    counted = cut;
    if (cut === undefined) return false;
    const allowed = cut.after - passed;
    passed += piece.length;
    if (piece.length <= allowed) return false;
    cut.left -= 1;
    if (cut.left === 0) faults.cut = undefined;
    to.end(piece.subarray(0, allowed), () => to.destroy());
    from.destroy();
    return true;
  }
}
