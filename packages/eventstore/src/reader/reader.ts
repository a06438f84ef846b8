import type { Clock } from '@millrace/core';
import { isMillraceError, systemClock } from '@millrace/core';
import type { LogPosition, ResolvedEvent } from '../client.ts';
import type { ClientOptions } from '../connect/lazy-client.ts';
import { lazyClient } from '../connect/lazy-client.ts';
import { eventstoreError } from '../errors.ts';
import { readPage } from './page.ts';
import type { Direction, ReadClient } from './read-client.ts';
import type { AllSlice, StreamSlice } from './slices.ts';
import { countAfter, revisionOf, toAllSlice, toStreamSlice } from './slices.ts';

export interface ReadOptions {
  /** @default 'forwards' */
  readonly direction?: Direction | undefined;
  /**
   * Most events of a slice; of an iteration, those read at once.
   * @default 100
   */
  readonly count?: number | undefined;
  /**
   * Follows links to the events they stand for.
   * @default true
   */
  readonly resolveLinks?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface StreamReadOptions extends ReadOptions {
  /**
   * Revision of the first event to read.
   * @default the first event, or the last when reading backwards
   */
  readonly from?: bigint | undefined;
}

export interface AllReadOptions extends ReadOptions {
  /**
   * Position of an event; read what comes after it in the direction of reading.
   * @default from the start, or from the end when reading backwards
   */
  readonly after?: LogPosition | undefined;
}

export interface ReaderSettings {
  /**
   * Milliseconds to wait for a page.
   * @default 15_000
   */
  readonly timeout?: number;
  /**
   * A stream that `ping` asks for. There need be no such stream, but the user must be allowed to read it.
   * @default 'millrace-ping'
   */
  readonly pingStream?: string;
  /** @default the system's */
  readonly clock?: Clock;
}

/**
 * Reads streams and the whole log. Rejects with EVENTSTORE_STREAM_MISSING, EVENTSTORE_STREAM_DELETED,
 * EVENTSTORE_ACCESS_DENIED, EVENTSTORE_UNREACHABLE, EVENTSTORE_SERVER_FAULT or EVENTSTORE_OPTIONS, and with the
 * signal's reason when that aborts.
 */
export interface EventReader {
  /** The event at a revision, or the last one; undefined when the stream has none there. */
  get(
    stream: string,
    revision: bigint | 'last',
    options?: Pick<ReadOptions, 'resolveLinks' | 'signal'>,
  ): Promise<ResolvedEvent | undefined>;
  slice(stream: string, options?: StreamReadOptions): Promise<StreamSlice>;
  sliceAll(options?: AllReadOptions): Promise<AllSlice>;
  /** All events to the end of the stream, or back to its start; reads page by page, and may be left at any event. */
  iterate(stream: string, options?: StreamReadOptions): AsyncGenerator<ResolvedEvent, void>;
  iterateAll(options?: AllReadOptions): AsyncGenerator<ResolvedEvent, void>;
  /** Asks the server for something small. `roundTrip`: milliseconds; the first one includes connecting. */
  ping(options?: Pick<ReadOptions, 'signal'>): Promise<{ readonly roundTrip: number }>;
  /** Lets go of a client of its own. Works twice. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export type EventstoreReaderOptions = ReaderSettings & ClientOptions<ReadClient>;

/** Connects with the first read. Throws EVENTSTORE_OPTIONS when the options make no sense. */
export function eventstoreReader(options: EventstoreReaderOptions): EventReader {
  const { timeout = 15_000, clock = systemClock, pingStream = 'millrace-ping' } = options;
  wholeFromOne('timeout', timeout);
  const lazy = lazyClient<ReadClient>(options);
  let closing: Promise<void> | undefined;

  async function read(
    what: string,
    signal: AbortSignal | undefined,
    start: (client: ReadClient) => AsyncIterable<ResolvedEvent>,
  ): Promise<readonly ResolvedEvent[]> {
    if (closing) throw eventstoreError('EVENTSTORE_OPTIONS', 'The reader is closed. Make another one.');
    const client = await lazy.get();
    return readPage(() => start(client), { clock, timeout, what }, signal);
  }

  async function slice(stream: string, options: StreamReadOptions = {}): Promise<StreamSlice> {
    const { direction = 'forwards', count = 100, resolveLinks = true, from, signal } = options;
    wholeFromOne('count', count);
    if (from !== undefined && from < 0n) {
      throw eventstoreError('EVENTSTORE_OPTIONS', `\`from\` is ${from}. Revisions start at 0.`);
    }
    const events = await read(`stream "${stream}"`, signal, (client) =>
      client.readStream(stream, {
        direction,
        fromRevision: from ?? startOf(direction),
        maxCount: count,
        resolveLinkTos: resolveLinks,
      }),
    );
    return toStreamSlice(events, { direction, count });
  }

  async function sliceAll(options: AllReadOptions = {}): Promise<AllSlice> {
    const { direction = 'forwards', count = 100, resolveLinks = true, after, signal } = options;
    wholeFromOne('count', count);
    const events = await read('$all', signal, (client) =>
      client.readAll({
        direction,
        fromPosition: after ?? startOf(direction),
        maxCount: countAfter(after, count),
        resolveLinkTos: resolveLinks,
      }),
    );
    return toAllSlice(events, { after, count });
  }

  const close = () => (closing ??= lazy.close());
  return {
    slice,
    sliceAll,
    async get(stream, revision, options) {
      const place = revision === 'last' ? { direction: 'backwards' as const } : { from: revision };
      const { events } = await slice(stream, { ...options, ...place, count: 1 });
      const [event] = events;
      // Where the revision itself is gone, the next one there is comes instead.
      return revision === 'last' || revisionOf(event) === revision ? event : undefined;
    },
    async *iterate(stream, options) {
      let page = await slice(stream, options);
      for (;;) {
        yield* page.events;
        if (page.next === undefined) return;
        page = await slice(stream, { ...options, from: page.next });
      }
    },
    async *iterateAll(options) {
      let page = await sliceAll(options);
      for (;;) {
        yield* page.events;
        if (page.next === undefined) return;
        page = await sliceAll({ ...options, after: page.next });
      }
    },
    async ping({ signal } = {}) {
      const asked = clock.monotonic();
      try {
        await slice(pingStream, { direction: 'backwards', count: 1, signal });
      } catch (error) {
        const answered =
          isMillraceError(error, 'EVENTSTORE_STREAM_MISSING') ||
          isMillraceError(error, 'EVENTSTORE_STREAM_DELETED');
        if (!answered) throw error;
      }
      return { roundTrip: clock.monotonic() - asked };
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function startOf(direction: Direction): 'start' | 'end' {
  return direction === 'forwards' ? 'start' : 'end';
}

function wholeFromOne(option: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 1) return;
  throw eventstoreError(
    'EVENTSTORE_OPTIONS',
    `\`${option}\` is ${value}. It must be a whole number, 1 or more.`,
  );
}
