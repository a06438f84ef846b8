import type { Clock } from '../../src/clock.ts';
import { systemClock, whenAborted } from '../../src/clock.ts';
import { MillraceError } from '../../src/errors.ts';
import type { Headers, Incoming } from '../../src/message.ts';
import { toPosition } from '../../src/message.ts';
import type {
  Capabilities,
  Demand,
  SettleFailure,
  Settlement,
  Source,
  SourceContext,
  SourceSession,
  SourceSettings,
} from '../../src/source.ts';
import { queueCapabilities } from './capabilities.ts';

export interface Sent {
  readonly id?: string;
  readonly type?: string;
  readonly data?: unknown;
  readonly headers?: Headers;
  readonly raw?: string | Uint8Array;
  readonly key?: string;
  readonly position?: string;
  readonly channel?: string;
  readonly failure?: MillraceError;
  readonly deliveryCount?: number;
  readonly replayed?: boolean;
}

/** Failures, a reject, or success; a promise that never resolves is a broker that hangs. */
type Answer = readonly SettleFailure[] | Error | undefined;

export interface ScriptedSource extends Source {
  /** Puts messages into the broker. */
  send(...messages: readonly Sent[]): void;
  /** Delivers a message that was handed out a second time, as brokers do now and then. */
  duplicate(id: string): void;
  /** What is in the broker and not handed out. */
  readonly backlog: readonly Incoming[];
  /** The most messages that were handed out and not settled at one time. */
  readonly mostInFlight: number;
  /** Timers of the broker itself: of leases, and of messages that are to come again later. */
  readonly timers: number;

  /** Every settlement that the broker took, in order. */
  readonly settlements: readonly Settlement[];
  /** Ids settled with the outcome, in order. */
  settledAs(outcome: Settlement['outcome']): readonly string[];
  /** The settle calls, each with its ids, refused ones too. */
  readonly settleCalls: readonly (readonly string[])[];
  settleAnswer: ((settlements: readonly Settlement[]) => Answer | Promise<Answer>) | undefined;
  /** The extend calls that the broker took, each with its ids. */
  readonly extended: readonly (readonly string[])[];
  /** Ids that core has let go of, in order. */
  readonly letGo: readonly string[];
  extendAnswer: ((messages: readonly Incoming[]) => Answer | Promise<Answer>) | undefined;

  /** How often a session was opened and closed. */
  readonly opened: number;
  readonly closed: number;
  openAnswer: (() => Promise<void>) | undefined;
  closeAnswer: (() => Promise<void>) | undefined;
  /** Of the newest session. */
  readonly context: SourceContext | undefined;
  /** Makes the open session's `receive` throw. */
  breakSession(error: unknown): void;
  /** Makes it end by itself. */
  endSession(): void;
  /** `receive` does not hear that it should end. */
  deaf: boolean;
  /** What a poll that was under way still brings when `receive` is told to end. */
  lastPoll: readonly Sent[];
}

export interface ScriptedSourceOptions {
  readonly name?: string;
  readonly capabilities?: Partial<Capabilities>;
  readonly settings?: SourceSettings;
  readonly clock?: Clock;
  /** The most messages of one receive. */
  readonly batch?: number;
  readonly extras?: Partial<Pick<Source, 'verify' | 'eventTypes'>>;
  /** The session has no `extend`. */
  readonly unextendable?: boolean;
  /** Gets `settle:<outcome>` for each settlement that the broker took. */
  readonly journal?: string[];
}

/** A queue in a few lines, whose every answer a test can dictate. */
export function scriptedSource(options: ScriptedSourceOptions = {}): ScriptedSource {
  const {
    name = 'orders',
    settings = {},
    clock = systemClock,
    batch = 10,
    extras = {},
    journal = [],
  } = options;
  const capabilities: Capabilities = { ...queueCapabilities, ...options.capabilities };
  const backlog: Incoming[] = [];
  const handedOut = new Map<string, Incoming>();
  /** Handed out and not settled, with what ends its lease. */
  const inFlight = new Map<Incoming, () => void>();
  const timers = new Set<() => void>();
  const settlements: Settlement[] = [];
  const settleCalls: (readonly string[])[] = [];
  const extended: (readonly string[])[] = [];
  const letGo: string[] = [];
  let wake = () => {};
  let end: (() => void) | undefined;
  let sequence = 0;

  const source = {
    name,
    capabilities,
    settings,
    ...extras,
    backlog,
    mostInFlight: 0,
    settlements,
    settleCalls,
    settleAnswer: undefined as ScriptedSource['settleAnswer'],
    extended,
    letGo,
    extendAnswer: undefined as ScriptedSource['extendAnswer'],
    opened: 0,
    closed: 0,
    openAnswer: undefined as ScriptedSource['openAnswer'],
    closeAnswer: undefined as ScriptedSource['closeAnswer'],
    context: undefined as SourceContext | undefined,
    deaf: false,
    lastPoll: [] as readonly Sent[],
    settledAs: (outcome: Settlement['outcome']) =>
      settlements.filter((settlement) => settlement.outcome === outcome).map(({ incoming }) => incoming.id),
    send(...messages: readonly Sent[]) {
      backlog.push(...messages.map(toIncoming));
      wake();
    },
    duplicate(id: string) {
      const incoming = handedOut.get(id);
      if (incoming === undefined) throw new Error(`${id} was not handed out.`);
      putBack(incoming);
    },
    get timers() {
      return timers.size;
    },
    breakSession(error: unknown) {
      end = () => {
        throw error;
      };
      wake();
    },
    endSession() {
      end = () => {};
      wake();
    },
    async open(context: SourceContext): Promise<SourceSession> {
      await source.openAnswer?.();
      source.opened += 1;
      source.context = context;
      return session(context);
    },
  };
  return source;

  function toIncoming(message: Sent): Incoming {
    sequence += 1;
    const { type = 'Ping', data = {}, position, id = `m${sequence}` } = message;
    return {
      headers: {},
      raw: typeof data === 'string' ? data : JSON.stringify(data),
      ...message,
      id,
      type,
      data: message.failure ? undefined : data,
      position: position === undefined ? undefined : toPosition(position),
      deliveryCount: capabilities.deliveryCount === 'native' ? (message.deliveryCount ?? 1) : undefined,
    };
  }

  async function* receive(context: SourceContext, demand: Demand): AsyncIterable<readonly Incoming[]> {
    for (;;) {
      const room = await demand.reserve(batch);
      if (room === 0 && source.deaf) await new Promise(() => {});
      const told = () => context.signal.aborted && !source.deaf;
      while (room > 0 && backlog.length === 0 && !end && !told()) {
        const woken = new Promise<void>((resolve) => (wake = resolve));
        await (source.deaf ? woken : Promise.race([woken, whenAborted(context.signal)]));
      }
      if (end) {
        const ending = end;
        end = undefined;
        return ending();
      }
      if (told() || room === 0) {
        if (source.lastPoll.length > 0) yield handOut(source.lastPoll.map(toIncoming));
        return;
      }
      const messages = backlog.splice(0, room);
      demand.cancel(room - messages.length);
      context.fetched();
      if (messages.length > 0) yield handOut(messages);
    }
  }

  function handOut(messages: readonly Incoming[]): readonly Incoming[] {
    for (const message of messages) {
      lease(message);
      handedOut.set(message.id, message);
    }
    source.mostInFlight = Math.max(source.mostInFlight, inFlight.size);
    return messages;
  }

  function session(context: SourceContext): SourceSession {
    return {
      receive: (demand) => receive(context, demand),
      async settle(asked) {
        settleCalls.push(asked.map(({ incoming }) => incoming.id));
        const answer = await source.settleAnswer?.(asked);
        if (answer instanceof Error) throw answer;
        const failures = [...(answer ?? []), ...gone(asked.map(({ incoming }) => incoming))];
        const failed = new Set(failures.map(({ incoming }) => incoming));
        for (const settlement of asked) if (!failed.has(settlement.incoming)) accept(settlement);
        return failures;
      },
      ...(!options.unextendable && { extend }),
      letGo: (messages) => void letGo.push(...messages.map(({ id }) => id)),
      close() {
        source.closed += 1;
        return source.closeAnswer?.() ?? Promise.resolve();
      },
    };
  }

  async function extend(messages: readonly Incoming[]): Promise<readonly SettleFailure[]> {
    const answer = await source.extendAnswer?.(messages);
    if (answer instanceof Error) throw answer;
    extended.push(messages.map(({ id }) => id));
    const failures = [...(answer ?? []), ...gone(messages)];
    const failed = new Set(failures.map(({ incoming }) => incoming));
    for (const message of messages) if (!failed.has(message)) lease(message);
    return failures;
  }

  function accept(settlement: Settlement): void {
    const { incoming } = settlement;
    settlements.push(settlement);
    journal.push(`settle:${settlement.outcome}`);
    inFlight.get(incoming)?.();
    inFlight.delete(incoming);
    if (settlement.outcome === 'release') putBack(incoming);
    if (settlement.outcome === 'retry') after(settlement.delay, () => putBack(incoming));
  }

  /** Starts or prolongs: when it runs out, the message is delivered again and the old one is nobody's. */
  function lease(message: Incoming): void {
    inFlight.get(message)?.();
    const cancel = capabilities.lease
      ? after(capabilities.lease.milliseconds, () => {
          inFlight.delete(message);
          putBack(message);
        })
      : () => {};
    inFlight.set(message, cancel);
  }

  function gone(messages: readonly Incoming[]): readonly SettleFailure[] {
    const error = new MillraceError('SETTLE_FAILED', 'The lease has run out.');
    return messages
      .filter((message) => !inFlight.has(message))
      .map((incoming) => ({ incoming, error, final: true }));
  }

  function after(milliseconds: number, callback: () => void): () => void {
    const cancel = clock.setTimeout(() => {
      timers.delete(stop);
      callback();
    }, milliseconds);
    const stop = () => {
      timers.delete(stop);
      cancel();
    };
    timers.add(stop);
    return stop;
  }

  function putBack(incoming: Incoming): void {
    const deliveryCount = incoming.deliveryCount === undefined ? undefined : incoming.deliveryCount + 1;
    backlog.push({ ...incoming, deliveryCount });
    wake();
  }
}
