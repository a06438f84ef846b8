import { untilSucceeds } from './backoff.ts';
import type { Clock } from './clock.ts';
import { diagnose } from './diagnostics.ts';
import { isMillraceError, MillraceError } from './errors.ts';
import type { Logger } from './log.ts';
import type { LowWaterMark, Mark } from './low-water-mark.ts';
import { createLowWaterMark } from './low-water-mark.ts';
import type { Incoming, Position } from './message.ts';
import type { Passed } from './source.ts';
import type { Trouble } from './source-health.ts';

export interface MarkersOptions {
  readonly source: string;
  /** Keeps the marker of a channel. Rejects with MARKER_FENCED when a newer owner has written. */
  readonly save: (channel: string, position: Position) => Promise<void>;
  /** Write after so many settled messages of a channel … */
  readonly every: number;
  /** … or so many milliseconds after the first of them. */
  readonly interval: number;
  /** Whether handlers say by `context.commit()` how far a marker may move. */
  readonly byHand: boolean;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  /** Aborts when writing must be given up. */
  readonly signal: AbortSignal;
  /** A marker can't be written yet. */
  readonly degraded: (trouble: Trouble, reason: MillraceError) => void;
  readonly recovered: (trouble: Trouble) => void;
  /** Somebody else writes the markers now: this consumer must stop reading. */
  readonly onFenced: (error: MillraceError) => void;
}

/** Replay markers of one source: each channel's low-water mark, written now and then and at drain. */
export interface Markers {
  /** In the order of delivery. Undefined for a message without a position. */
  track(incoming: Incoming): Mark | undefined;
  /** The broker has passed a position without a message. */
  passed(passed: Passed): void;
  /** Writes no more of a channel. What was tracked of it counts for nothing; what is tracked from now on starts anew. */
  forget(channel: string): void;
  /** Writes what was reached. Resolves when it is kept, or was given up on. */
  flush(): Promise<void>;
  close(): void;
}

/** Each costs memory until it is committed. */
const uncommittedWarning = 10_000;

interface Channel {
  readonly name: string;
  readonly mark: LowWaterMark;
  written: Position | undefined;
  passed: number;
  writing: Promise<void> | undefined;
  cancelTimer: (() => void) | undefined;
  forgotten: boolean;
}

export function createMarkers(options: MarkersOptions): Markers {
  const channels = new Map<string, Channel>();
  const { clock } = options;

  function open(name: string): Channel {
    const channel: Channel = {
      name,
      mark: createLowWaterMark((passed) => advanced(channel, passed), options),
      written: undefined,
      passed: 0,
      writing: undefined,
      cancelTimer: undefined,
      forgotten: false,
    };
    channels.set(name, channel);
    return channel;
  }

  function channelOf(name: string): Channel {
    return channels.get(name) ?? open(name);
  }

  function track(name: string, position: Position): Mark {
    const { mark } = channelOf(name);
    if (options.byHand && mark.pending === uncommittedWarning) {
      options.log.warn('Events wait for a handler to call context.commit().', {
        channel: name,
        events: mark.pending,
      });
    }
    return mark.track(position);
  }

  function advanced(channel: Channel, passed: number): void {
    channel.passed += passed;
    if (channel.forgotten || options.signal.aborted || channel.writing || channel.passed === 0) return;
    if (channel.passed >= options.every) void write(channel);
    else channel.cancelTimer ??= clock.setTimeout(() => void write(channel), options.interval);
  }

  /** One at a time, so that an older position never overtakes a newer one. */
  async function write(channel: Channel): Promise<void> {
    channel.cancelTimer?.();
    channel.cancelTimer = undefined;
    channel.passed = 0;
    const { position } = channel.mark;
    if (position === undefined || position === channel.written) return;
    channel.writing = save(channel, position).finally(() => {
      channel.writing = undefined;
      advanced(channel, 0);
    });
    await channel.writing;
  }

  async function save(channel: Channel, position: Position): Promise<void> {
    const saved = await untilSucceeds(
      async () => {
        if (channel.forgotten) return { kept: false };
        try {
          await options.save(channel.name, position);
          return { kept: true };
        } catch (error) {
          if (!isMillraceError(error, 'MARKER_FENCED')) throw error;
          options.onFenced(error);
          return { kept: false };
        }
      },
      {
        ...options,
        failed(error) {
          const reason = new MillraceError(
            'STORE_UNAVAILABLE',
            `The replay marker of "${channel.name}" could not be written; it is tried again.`,
            { cause: error },
          );
          options.log.error(reason.message, { error });
          options.degraded('markers', reason);
        },
      },
    );
    if (!saved?.kept) return;
    options.recovered('markers');
    channel.written = position;
    diagnose('marker', () => ({ source: options.source, channel: channel.name, position }));
  }

  return {
    track({ channel = '', position }) {
      if (position === undefined) return undefined;
      return track(channel, position);
    },
    passed({ channel, position }) {
      track(channel, position).pass();
    },
    forget(name) {
      const channel = channels.get(name);
      if (channel === undefined) return;
      channels.delete(name);
      channel.forgotten = true;
      channel.cancelTimer?.();
    },
    async flush() {
      await Promise.all(
        [...channels.values()].map(async (channel) => {
          while (channel.writing) await channel.writing;
          await write(channel);
        }),
      );
    },
    close() {
      for (const channel of channels.values()) channel.cancelTimer?.();
    },
  };
}
