import type { Clock } from './clock.ts';
import type { Logger } from './log.ts';
import type { Ownership, OwnershipLease } from './ports/ownership.ts';

/** The time for which this process is the only owner of a source. */
export interface Term {
  /** Grows with each change of owner. */
  readonly fence: number;
  /** Aborts when somebody else may be the owner. */
  readonly over: AbortSignal;
  /** Gives the ownership back, so that the next owner need not wait. */
  end(): Promise<void>;
}

export interface TermOptions {
  readonly ownership: Ownership;
  readonly name: string;
  readonly owner: string;
  /** Milliseconds after which somebody else may take over from an owner that is not heard of. */
  readonly lease: number;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Undefined: somebody else is the owner. */
export async function acquireTerm(options: TermOptions): Promise<Term | undefined> {
  const { ownership, name, owner, lease, clock } = options;
  // Counted from before the call: the store's lease can only end later.
  const since = clock.monotonic();
  const held = await ownership.acquire(name, { owner, lease });
  return held && keepTerm(held, since + lease, options);
}

function keepTerm(
  held: OwnershipLease,
  firstEnd: number,
  { ownership, lease, clock, log }: TermOptions,
): Term {
  const over = new AbortController();
  let endsAt = firstEnd;
  let extending = false;
  let cancel = clock.setTimeout(beat, lease / 4);

  function beat(): void {
    if (clock.monotonic() >= endsAt) return lose('It could not be extended in time.');
    cancel = clock.setTimeout(beat, lease / 4);
    if (!extending) void extend();
  }

  async function extend(): Promise<void> {
    extending = true;
    const since = clock.monotonic();
    try {
      if (await ownership.extend(held, { lease })) endsAt = since + lease;
      else lose('Somebody else has taken over.');
    } catch (error) {
      log.warn('The ownership of the source could not be extended; it is tried again.', { error });
    } finally {
      extending = false;
    }
  }

  function lose(why: string): void {
    cancel();
    if (over.signal.aborted) return;
    log.warn(`The ownership of the source is lost. ${why}`, { fence: held.fence });
    over.abort();
  }

  return {
    fence: held.fence,
    over: over.signal,
    async end() {
      cancel();
      if (over.signal.aborted) return;
      over.abort();
      await ownership.release(held);
    },
  };
}
