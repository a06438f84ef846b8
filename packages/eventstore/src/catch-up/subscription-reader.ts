import type { CaughtUp, ResolvedEvent, Subscription } from '../client.ts';
import type { Cursor } from '../cursor.ts';

/** How a subscription ended; without an error where the server has ended it by itself. */
export interface SubscriptionEnd {
  readonly error?: unknown;
}

/** Pulls events out of a subscription, one batch at a time: what is not taken holds up the server. */
export interface SubscriptionReader {
  /** Events that can be taken now. */
  readonly buffered: number;
  /** Grows with whatever the server sends. */
  readonly activity: number;
  readonly confirmed: boolean;
  /** What is buffered can still be taken. */
  readonly ended: SubscriptionEnd | undefined;
  /** Resolves when something has changed. */
  changed(): Promise<void>;
  /** No events from after a position that `passed` is to tell first. */
  take(max: number): readonly ResolvedEvent[];
  /** The newest position that the server has passed, of those before which all events are taken. Each is told once. */
  passed(): Passing | undefined;
  /** Ends it for the reason, as if the server had. */
  fail(error: unknown): void;
  /** Unsubscribes, without waiting for the server. What is in the buffer is left there. */
  stop(): Promise<void>;
}

export interface Passing {
  /** Undefined: the server has not told where it became live. */
  readonly cursor: Cursor | undefined;
  /** Whether there is nothing more to catch up with. */
  readonly live: boolean;
}

/** Where the client reports a checkpoint. It must not throw: the client would neither go on nor say why. */
export type OnCheckpoint = (cursor: Cursor) => void;

/**
 * The client parses ahead of what is read, and tells a position when it has parsed it: then up to 48 events from before
 * it can still be in the buffer. So each is kept with the number of events that have to be taken first.
 */
export function readSubscription(
  subscribe: (onCheckpoint: OnCheckpoint) => Subscription,
): SubscriptionReader {
  const due: (Passing & { readonly after: number })[] = [];
  let changed: PromiseWithResolvers<void> | undefined;
  let taken = 0;
  let activity = 0;
  let confirmed = false;
  let ended: SubscriptionEnd | undefined;
  /** Read in order to know whether there is more. */
  let held: ResolvedEvent | undefined;

  const subscription = subscribe((cursor) => pass({ cursor, live: false }));
  /** The call under the subscription, from when it is made. */
  let call: Destroyable | undefined;

  function wake(): void {
    activity += 1;
    changed?.resolve();
    changed = undefined;
  }

  function end(how: SubscriptionEnd): void {
    ended ??= how;
    wake();
  }

  function pass(passing: Passing): void {
    const after = taken + (held ? 1 : 0) + subscription.readableLength;
    const last = due.at(-1);
    if (last?.after === after) {
      due.pop();
      due.push({ after, cursor: passing.cursor ?? last.cursor, live: last.live || passing.live });
    } else due.push({ ...passing, after });
    wake();
  }

  function read(): ResolvedEvent | undefined {
    const next = held ?? (subscription.read() as ResolvedEvent | null) ?? undefined;
    held = undefined;
    return next;
  }

  subscription.on('pipe', (source) => {
    if (isDestroyable(source)) call = source;
  });
  subscription.on('confirmation', () => {
    confirmed = true;
    wake();
  });
  subscription.on('caughtUp', (info) => pass({ cursor: cursorOf(info), live: true }));
  subscription.on('readable', wake);
  // Errors come twice at times, and after the end: without a listener they would be uncaught.
  subscription.on('error', (error) => end({ error }));
  subscription.on('end', () => end({}));
  subscription.on('close', () => end({}));

  return {
    get buffered() {
      held ??= read();
      return (held ? 1 : 0) + subscription.readableLength;
    },
    get activity() {
      return activity;
    },
    get confirmed() {
      return confirmed;
    },
    get ended() {
      return ended;
    },
    changed: () => (changed ??= Promise.withResolvers()).promise,
    take(max) {
      const events: ResolvedEvent[] = [];
      while (events.length < max && !(due[0] && due[0].after <= taken)) {
        const event = read();
        if (event === undefined) break;
        taken += 1;
        events.push(event);
      }
      return events;
    },
    passed() {
      let newest: Passing | undefined;
      for (let next = due[0]; next && next.after <= taken; next = due[0]) {
        newest = { cursor: next.cursor ?? newest?.cursor, live: next.live };
        due.shift();
      }
      return newest;
    },
    fail: (error) => end({ error }),
    async stop() {
      // A call that was never made can't be taken back; one that is still to be made is when it comes, so nobody waits for it.
      const left = subscription.unsubscribe().then(
        () => call?.destroy(),
        () => {},
      );
      if (call) await left;
    },
  };
}

/**
 * The clients wait in `dispose()` for the end of each call. One that the server has ended does not end here as long as
 * something in it is unread, and that of a group never does, for its other half stays open: only destroying it ends it.
 */
interface Destroyable {
  destroy(): unknown;
}

function isDestroyable(source: unknown): source is Destroyable {
  return (
    typeof source === 'object' &&
    source !== null &&
    'destroy' in source &&
    typeof source.destroy === 'function'
  );
}

function cursorOf(info: unknown): Cursor | undefined {
  const { revision, position }: CaughtUp = typeof info === 'object' && info !== null ? info : {};
  if (revision !== undefined) return { kind: 'revision', after: revision };
  return position && { kind: 'position', after: position };
}
