import type { Incoming, Passed, Settlement, Source, SourceContext, SourceSession } from '@millrace/core';

type Break = (session: SourceSession) => Partial<SourceSession>;

/** The adapters that came before these had such faults. Each takes a source that is right and breaks it in one way. */
export const brokenAdapters = {
  /** Takes "retry" for "done". */
  losesWhatIsGivenBack: breaking((session) => ({
    settle: (settlements) =>
      session.settle(settlements.map((it) => (it.outcome === 'retry' ? asDone(it) : it))),
  })),

  /** Acknowledges when it hands over. */
  acksEarly: breaking((session) => ({
    receive: (demand) =>
      mapBatches(session.receive(demand), async (batch) => {
        await session.settle(batch.map((incoming) => ({ incoming, outcome: 'done' })));
        return batch;
      }),
    settle: () => Promise.resolve(),
    extend: () => Promise.resolve(),
  })),

  /** Gives all messages of a batch the position of the last. */
  tellsThePositionOfTheBatch: breaking((session) => ({
    receive: (demand) =>
      mapBatches(session.receive(demand), async (batch) => {
        const position = batch.at(-1)?.position;
        return batch.map((incoming) => ({ ...incoming, position }));
      }),
  })),

  /** Tells of a position as passed whose event is still to come. */
  passesTooEarly: breaking((session) => ({ receive: (demand) => announced(session.receive(demand)) })),

  /** Commits what was fetched and not what it is told, as clients with automatic commits do. */
  commitsWhatWasFetched: breaking((session) => {
    const fetched = new Map<string, Incoming>();
    return {
      receive: (demand) =>
        mapBatches(session.receive(demand), async (batch) => {
          for (const incoming of batch) fetched.set(incoming.channel ?? '', incoming);
          return batch;
        }),
      commit: async (channel, position) =>
        await session.commit?.(channel, fetched.get(channel)?.position ?? position),
    };
  }),

  /** Hands a batch over backwards. */
  reorders: breaking((session) => ({
    receive: (demand) => mapBatches(session.receive(demand), async (batch) => batch.toReversed()),
  })),

  /** Fetches as much as it likes. */
  ignoresDemand: breaking((session) => ({
    receive: () => session.receive({ reserve: async (max) => max, tryReserve: (max) => max, cancel() {} }),
  })),

  /** Leaves a timer behind. */
  leaksATimer: breaking((session) => {
    const timer = setInterval(() => {}, 60_000);
    leakedTimers.push(timer);
    return { close: () => session.close() };
  }),

  /** Keeps its connection. */
  staysConnected: breaking(() => ({ close: () => Promise.resolve() })),

  /** Takes "give back" for "never". */
  rejectsWhatIsReleased: breaking((session) => ({
    settle: (settlements) =>
      session.settle(settlements.map((it) => (it.outcome === 'release' ? asDone(it) : it))),
  })),

  /** Does not hear that a message is no longer its own. */
  ignoresALostLease: breaking((session) => ({
    settle: async (settlements) => void (await session.settle(settlements)),
    extend: async (messages, lease) => void (await session.extend?.(messages, lease)),
  })),

  /** Hands everything over twice. */
  duplicates: breaking((session) => ({
    receive: (demand) =>
      mapBatches(session.receive(demand), async (batch) => batch.flatMap((it) => [it, { ...it }])),
  })),

  /** Says that all went well, whatever the broker said. */
  swallowsFailures: breaking((session) => ({
    settle: async (settlements) => void (await session.settle(settlements)),
  })),

  /** Counts each delivery as the first. */
  forgetsTheCount: breaking((session) => ({
    receive: (demand) =>
      mapBatches(session.receive(demand), async (batch) => {
        for (const incoming of batch) Object.assign(incoming, { deliveryCount: 1 });
        return batch;
      }),
  })),

  /** Gives up on a payload that it can't read by breaking off. */
  stumblesOverGarbage: breaking((session) => ({
    receive: (demand) =>
      mapBatches(session.receive(demand), async (batch) => {
        for (const { failure } of batch) if (failure) throw failure;
        return batch;
      }),
  })),

  /** Makes a message visible again at once. */
  ignoresTheDelay: breaking((session) => ({
    settle: (settlements) =>
      session.settle(settlements.map((it) => (it.outcome === 'retry' ? { ...it, delay: 0 } : it))),
  })),

  /** Keeps only the headers that it knows. */
  dropsHeaders: breaking((session) => ({
    receive: (demand) =>
      mapBatches(session.receive(demand), async (batch) => {
        for (const incoming of batch) Object.assign(incoming, { headers: {} });
        return batch;
      }),
  })),
  /** Forgets what the broker orders by. */
  dropsTheKey: breaking((session) => ({
    receive: (demand) =>
      mapBatches(session.receive(demand), async (batch) => {
        for (const incoming of batch) Object.assign(incoming, { key: undefined });
        return batch;
      }),
  })),

  /** Starts where it started the first time. */
  ignoresTheMarker: misled((context) => ({ ...context, start: async () => 'earliest' })),

  /** Goes on at the end when it does not know a position, and tells nobody. */
  skipsInSilence: misled((context) => ({
    ...context,
    async start(channel) {
      const start = await context.start(channel);
      return typeof start === 'object' && 'after' in start && !start.after.includes('@') ? 'latest' : start;
    },
  })),

  /** Logs what it connects with. */
  tellsSecrets: misled((context) => {
    context.log.info(`Connecting as admin, ${configuredSecret}.`);
    return context;
  }),
} as const satisfies Readonly<Record<string, (source: Source) => Source>>;

export type BrokenAdapterName = keyof typeof brokenAdapters;

/** Looks like nothing that could be told for a secret. */
export const configuredSecret = 'swordfish-4711';

const leakedTimers: NodeJS.Timeout[] = [];

/** What a broken adapter left running, when the test has seen it. */
export function clearLeaks(): void {
  for (const timer of leakedTimers.splice(0)) clearInterval(timer);
}

function breaking(change: Break): (source: Source) => Source {
  return (source) => ({
    ...source,
    async open(context) {
      const session = await source.open(context);
      return { ...session, ...change(session) };
    },
  });
}

function misled(change: (context: SourceContext) => SourceContext): (source: Source) => Source {
  return (source) => ({ ...source, open: (context) => source.open(change(context)) });
}

async function* mapBatches(
  batches: ReturnType<SourceSession['receive']>,
  change: (batch: readonly Incoming[]) => Promise<readonly Incoming[]>,
): AsyncGenerator<readonly Incoming[] | Passed> {
  for await (const batch of batches) yield 'position' in batch ? batch : await change(batch);
}

/** Before each batch, the position of its last event. */
async function* announced(
  batches: ReturnType<SourceSession['receive']>,
): AsyncGenerator<readonly Incoming[] | Passed> {
  for await (const batch of batches) {
    const { channel = '', position } = ('position' in batch ? undefined : batch.at(-1)) ?? {};
    if (position !== undefined) yield { channel, position };
    yield batch;
  }
}

function asDone({ incoming }: Settlement): Settlement {
  return { incoming, outcome: 'done' };
}
