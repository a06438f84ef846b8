import { whenAborted } from '../../src/clock.ts';
import type { Incoming, Position } from '../../src/message.ts';
import { toPosition } from '../../src/message.ts';
import type {
  Capabilities,
  Demand,
  Passed,
  Source,
  SourceContext,
  SourceSession,
  SourceSettings,
  StartPosition,
} from '../../src/source.ts';
import { logCapabilities } from './capabilities.ts';

export interface Appended {
  readonly id?: string;
  readonly type?: string;
  readonly data?: unknown;
  readonly key?: string;
  readonly channel?: string;
}

export interface ScriptedLog extends Source {
  append(...events: readonly Appended[]): void;
  /** Passes a position at which there is no event. */
  pass(channel?: string): void;
  /** What each session was told to start with, by channel. */
  readonly starts: readonly { readonly channel: string; readonly start: StartPosition }[];
  /** Positions kept at the broker, where the log does that. */
  readonly commits: readonly { readonly channel: string; readonly position: string }[];
  commitAnswer: (() => Promise<void>) | undefined;
  readonly opened: number;
  /** Of the newest session. */
  readonly context: SourceContext | undefined;
  /** Makes the open session's `receive` throw. */
  breakSession(error: unknown): void;
}

export interface ScriptedLogOptions {
  readonly name?: string;
  readonly channels?: readonly string[];
  readonly capabilities?: Partial<Capabilities>;
  readonly settings?: SourceSettings;
  readonly scope?: string;
  readonly details?: () => Readonly<Record<string, unknown>>;
}

/** A log in a few lines: it reads on from a position, and each event stays where it is. */
export function scriptedLog(options: ScriptedLogOptions = {}): ScriptedLog {
  const { name = 'journal', channels = [''], settings = { start: 'earliest' } } = options;
  const capabilities: Capabilities = { ...logCapabilities, ...options.capabilities };
  const events: (Incoming & { readonly silent?: true })[] = [];
  const starts: { readonly channel: string; readonly start: StartPosition }[] = [];
  const commits: { readonly channel: string; readonly position: string }[] = [];
  let wake = () => {};
  let end: (() => never) | undefined;

  const source = {
    name,
    capabilities,
    settings,
    starts,
    commits,
    commitAnswer: undefined as ScriptedLog['commitAnswer'],
    opened: 0,
    context: undefined as SourceContext | undefined,
    pass(channel?: string) {
      const position = toPosition(`p${events.length + 1}`);
      events.push({ id: '', type: '', data: {}, headers: {}, raw: '', channel, position, silent: true });
      wake();
    },
    append(...appended: readonly Appended[]) {
      for (const { id = `e${events.length + 1}`, type = 'Ping', data = {}, key, channel } of appended) {
        const position = toPosition(`p${events.length + 1}`);
        events.push({ id, type, data, headers: {}, raw: JSON.stringify(data), key, channel, position });
      }
      wake();
    },
    breakSession(error: unknown) {
      end = () => {
        throw error;
      };
      wake();
    },
    async open(context: SourceContext): Promise<SourceSession> {
      source.opened += 1;
      source.context = context;
      const next = new Map<string, number>();
      for (const channel of channels) {
        const start = await context.start(channel, options.scope);
        starts.push({ channel, start });
        next.set(channel, indexOf(start));
      }
      return session(context, next);
    },
  };
  return source;

  function indexOf(start: StartPosition): number {
    if (start === 'earliest') return 0;
    if (start === 'latest') return events.length;
    if ('after' in start) return events.findIndex(({ position }) => position === start.after) + 1;
    throw new Error('This log has no times.');
  }

  async function* receive(
    context: SourceContext,
    next: Map<string, number>,
    demand: Demand,
  ): AsyncIterable<readonly Incoming[] | Passed> {
    for (;;) {
      const room = await demand.reserve(10);
      let unread = read(next, room);
      while (unread.length === 0 && !end && !context.signal.aborted) {
        const woken = new Promise<void>((resolve) => (wake = resolve));
        await Promise.race([woken, whenAborted(context.signal)]);
        unread = read(next, room);
      }
      if (end) {
        const ending = end;
        end = undefined;
        ending();
      }
      if (context.signal.aborted) return;
      const told = unread.filter(({ silent }) => !silent);
      demand.cancel(room - told.length);
      context.fetched();
      for (const { silent, channel = '', position, ...event } of unread) {
        if (silent && position) yield { channel, position };
        else yield [{ ...event, channel: channel || undefined, position }];
      }
    }
  }

  function read(next: Map<string, number>, room: number): typeof events {
    const unread = events
      .filter(({ channel = '' }, index) => index >= (next.get(channel) ?? Infinity))
      .slice(0, room);
    for (const event of unread) next.set(event.channel ?? '', events.indexOf(event) + 1);
    return unread;
  }

  function session(context: SourceContext, next: Map<string, number>): SourceSession {
    return {
      receive: (demand) => receive(context, next, demand),
      async settle() {
        throw new Error('A log has nothing to settle.');
      },
      async close() {},
      ...(options.scope !== undefined && { scope: options.scope }),
      ...(options.details && { details: options.details }),
      ...(capabilities.position === 'broker' && { commit }),
    };
  }

  async function commit(channel: string, position: Position): Promise<void> {
    await source.commitAnswer?.();
    commits.push({ channel, position });
  }
}
