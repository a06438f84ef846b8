import type { Clock } from '../../src/clock.ts';
import { systemClock } from '../../src/clock.ts';
import { MillraceError } from '../../src/errors.ts';
import type { Incoming } from '../../src/message.ts';
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

/** What a queue such as SQS can do. */
export const queueCapabilities: Capabilities = {
  settle: 'ack+nack',
  redelivery: 'delayed',
  maxRetryDelay: 43_200_000,
  deliveryCount: 'native',
  order: 'none',
  position: 'none',
  replay: 'none',
  exclusive: false,
  lease: { milliseconds: 30_000, maximum: 43_200_000 },
  settleBatch: { size: 10, linger: 0 },
};

/** What a log without per-message settlement can do. */
export const logCapabilities: Capabilities = {
  settle: 'none',
  redelivery: 'none',
  deliveryCount: 'none',
  order: 'perKey',
  position: 'opaque',
  replay: 'all',
  exclusive: false,
  settleBatch: { size: 100, linger: 0 },
};

export interface Sent {
  readonly id?: string;
  readonly type?: string;
  readonly data?: unknown;
  readonly key?: string;
  readonly position?: string;
  readonly channel?: string;
  readonly failure?: MillraceError;
  readonly deliveryCount?: number;
}

export interface ScriptedSource extends Source {
  /** Puts messages into the broker. */
  send(...messages: readonly Sent[]): void;
  /** Every settlement that reached the broker, in order. */
  readonly settlements: readonly Settlement[];
  /** Ids settled with the outcome, in order. */
  settledAs(outcome: Settlement['outcome']): readonly string[];
  /** What is in the broker and not handed out. */
  readonly backlog: readonly Incoming[];
  /** Makes the open session's `receive` throw. */
  breakSession(error: unknown): void;
  /** Answers or rejects the next settle calls, in order; undefined is a success. */
  readonly settleAnswers: ((
    settlements: readonly Settlement[],
  ) => readonly SettleFailure[] | Error | undefined)[];
  readonly extended: (readonly string[])[];
  extendAnswer: ((messages: readonly Incoming[]) => readonly SettleFailure[] | Error | undefined) | undefined;
  readonly opened: number;
  readonly closed: number;
  /** The most messages that were handed out and not settled at one time. */
  readonly mostInFlight: number;
  openAnswer: (() => Promise<void>) | undefined;
  context: SourceContext | undefined;
}

/** A broker in a few lines, whose every answer a test can dictate. */
export function scriptedSource({
  name = 'orders',
  capabilities = queueCapabilities,
  settings = {},
  clock = systemClock,
  batch = 10,
  extras = {},
}: {
  readonly name?: string;
  readonly capabilities?: Capabilities;
  readonly settings?: SourceSettings;
  readonly clock?: Clock;
  readonly batch?: number;
  readonly extras?: Partial<Pick<Source, 'verify' | 'eventTypes'>>;
} = {}): ScriptedSource {
  const backlog: Incoming[] = [];
  const inFlight = new Set<Incoming>();
  const settlements: Settlement[] = [];
  const extended: (readonly string[])[] = [];
  let wake = () => {};
  let broken: { readonly error: unknown } | undefined;
  let sequence = 0;

  const source = {
    name,
    capabilities,
    settings,
    ...extras,
    settlements,
    backlog,
    settleAnswers: [] as ScriptedSource['settleAnswers'],
    extended,
    extendAnswer: undefined as ScriptedSource['extendAnswer'],
    openAnswer: undefined as ScriptedSource['openAnswer'],
    opened: 0,
    closed: 0,
    mostInFlight: 0,
    context: undefined as SourceContext | undefined,
    settledAs: (outcome: Settlement['outcome']) =>
      settlements.filter((settlement) => settlement.outcome === outcome).map(({ incoming }) => incoming.id),
    send(...messages: readonly Sent[]) {
      for (const message of messages) backlog.push(toIncoming(message));
      wake();
    },
    breakSession(error: unknown) {
      broken = { error };
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
      data,
      position: position === undefined ? undefined : toPosition(position),
      deliveryCount: capabilities.deliveryCount === 'native' ? (message.deliveryCount ?? 1) : undefined,
    };
  }

  function session(context: SourceContext): SourceSession {
    return {
      async *receive(demand: Demand) {
        for (;;) {
          const room = await demand.reserve(batch);
          while (backlog.length === 0 && !broken && !context.signal.aborted && room > 0) {
            await new Promise<void>((resolve) => {
              wake = resolve;
              context.signal.addEventListener('abort', () => resolve(), { once: true });
            });
          }
          if (broken) {
            const { error } = broken;
            broken = undefined;
            throw error;
          }
          if (context.signal.aborted || room === 0) return;
          const messages = backlog.splice(0, room);
          demand.cancel(room - messages.length);
          for (const message of messages) inFlight.add(message);
          source.mostInFlight = Math.max(source.mostInFlight, inFlight.size);
          context.fetched();
          yield messages;
        }
      },
      async settle(batchOfSettlements) {
        const answer = source.settleAnswers.shift()?.(batchOfSettlements);
        if (answer instanceof Error) throw answer;
        const failed = new Set(answer?.map(({ incoming }) => incoming));
        for (const settlement of batchOfSettlements) if (!failed.has(settlement.incoming)) accept(settlement);
        return answer;
      },
      async extend(messages) {
        const answer = source.extendAnswer?.(messages);
        if (answer instanceof Error) throw answer;
        extended.push(messages.map(({ id }) => id));
        return answer;
      },
      async close() {
        source.closed += 1;
      },
    };
  }

  function accept(settlement: Settlement): void {
    const { incoming } = settlement;
    settlements.push(settlement);
    inFlight.delete(incoming);
    if (settlement.outcome === 'release') redeliver(incoming);
    if (settlement.outcome === 'retry') clock.setTimeout(() => redeliver(incoming), settlement.delay);
  }

  function redeliver(incoming: Incoming): void {
    backlog.push({
      ...incoming,
      deliveryCount: incoming.deliveryCount === undefined ? undefined : incoming.deliveryCount + 1,
    });
    wake();
  }
}
