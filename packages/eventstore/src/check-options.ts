import type { ClientOptions } from './connect/lazy-client.ts';
import type { EventstoreError } from './errors.ts';
import { eventstoreError } from './errors.ts';
import type { CatchUpOptions, CatchUpSettings, EventFilter, EventstoreFrom, Feed } from './options.ts';

/** `setTimeout` takes no more. */
const longestTime = 2 ** 31 - 1;

/** Throws EVENTSTORE_OPTIONS. What core has of its own, it checks itself. */
export function checkCatchUp(options: CatchUpOptions): CatchUpSettings {
  if (typeof options !== 'object' || options === null) {
    throw wrong('Options are needed: eventstore({ connectionString, from: { stream: "orders" } }).');
  }
  const { mode = 'catch-up', start, order = 'stream', resubscribe = {}, watchdog = {} } = options;
  const feed = checkFrom(options.from);
  const channel = feed.kind === 'all' ? '$all' : feed.stream;
  if (!['catch-up', 'live'].includes(mode)) throw wrong('`mode` must be "catch-up", "live" or "persistent".');
  if (mode === 'live' && start !== undefined) {
    throw wrong('`start` is of mode "catch-up": mode "live" starts with what is appended from now on.');
  }
  if (typeof start === 'object' && !('after' in start)) {
    throw wrong('`start` can not be a date, which the database does not look up. Start at "earliest".');
  }
  if (order !== 'stream' && typeof order !== 'function') {
    throw wrong('`order` must be "stream" or a function that makes a key of an event.');
  }
  const { onInvalidPosition = 'fail' } = options;
  if (!['earliest', 'latest', 'fail'].includes(onInvalidPosition)) {
    throw wrong('`onInvalidPosition` must be "earliest", "latest" or "fail".');
  }
  const delay = milliseconds('resubscribe.delay', resubscribe.delay ?? 500, 1);
  return {
    name: text('name', options.name ?? channel),
    connection: checkConnection(options),
    feed,
    channel,
    eventType: 'eventType' in options.from ? options.from.eventType : undefined,
    mode,
    order,
    onInvalidPosition,
    exclusive: mode === 'catch-up' && (options.exclusive ?? true),
    resubscribe: {
      delay,
      maxDelay: milliseconds('resubscribe.maxDelay', resubscribe.maxDelay ?? Math.max(delay, 30_000), delay),
    },
    watchdog: {
      confirm: milliseconds('watchdog.confirm', watchdog.confirm ?? 10_000, 1),
      stall: milliseconds('watchdog.stall', watchdog.stall ?? 30_000, 1),
    },
  };
}

/** Throws EVENTSTORE_OPTIONS, which never quotes the connection string. */
export function checkConnection<Client extends object>({
  client,
  connectionString,
}: ClientOptions<Client>): ClientOptions<Client> {
  if (client !== undefined && connectionString !== undefined) {
    throw wrong('Either `client` or `connectionString` is needed, not both.');
  }
  if (client !== undefined) {
    if (typeof client === 'object' && client !== null && 'subscribeToStream' in client) {
      return { client };
    }
    throw wrong(
      '`client` must be a client of @kurrent/kurrentdb-client or of @eventstore/db-client, such as KurrentDBClient.connectionString(…).',
    );
  }
  if (typeof connectionString !== 'string') {
    throw wrong(
      'Either `client` or `connectionString` is needed, such as kurrentdb://localhost:2113?tls=false.',
    );
  }
  if (!/^(kurrentdb|kurrent|kdb|esdb)(\+discover)?:\/\/./.test(connectionString.trim())) {
    throw wrong('`connectionString` must begin with kurrentdb:// or kurrentdb+discover://, and name a host.');
  }
  return { connectionString };
}

export function checkFrom(from: EventstoreFrom): Feed {
  if (typeof from !== 'object' || from === null) {
    throw wrong('`from` is needed: { stream }, { all: true }, { category } or { eventType }.');
  }
  const given = ['stream', 'all', 'category', 'eventType'].filter((name) => name in from);
  if (given.length !== 1) {
    throw wrong(
      `\`from\` must have exactly one of \`stream\`, \`all\`, \`category\`, \`eventType\`; it has ${given.length}.`,
    );
  }
  if ('category' in from) {
    return { kind: 'stream', stream: `$ce-${text('from.category', from.category)}`, resolveLinks: true };
  }
  if ('eventType' in from) {
    return { kind: 'stream', stream: `$et-${text('from.eventType', from.eventType)}`, resolveLinks: true };
  }
  if ('stream' in from) {
    const stream = text('from.stream', from.stream);
    if (stream === '$all') throw wrong('$all is no stream: say from: { all: true }.');
    return { kind: 'stream', stream, resolveLinks: from.resolveLinks ?? stream.startsWith('$') };
  }
  if (!from.all) throw wrong('`from.all` must be true.');
  return {
    kind: 'all',
    filter: from.filter && checkFilter(from.filter),
    systemEvents: from.systemEvents ?? false,
  };
}

function checkFilter(filter: EventFilter): EventFilter {
  const { streams, types, checkpointInterval = 16, maxSearchWindow } = filter;
  const expression = streams ?? types;
  if (!expression || (streams && types)) {
    throw wrong('`from.filter` must have either `streams` or `types`: the server filters by one of them.');
  }
  if ('regex' in expression === 'prefixes' in expression) {
    throw wrong('A filter must have either `prefixes` or `regex`.');
  }
  if ('prefixes' in expression) {
    const { prefixes } = expression;
    if (!Array.isArray(prefixes) || prefixes.length === 0)
      throw wrong('`prefixes` must be a list, and not empty.');
    for (const prefix of prefixes) text('prefixes', prefix);
  } else text('regex', expression.regex);
  whole('from.filter.checkpointInterval', checkpointInterval);
  if (maxSearchWindow !== undefined) whole('from.filter.maxSearchWindow', maxSearchWindow);
  return filter;
}

export function text(name: string, value: unknown): string {
  if (typeof value === 'string' && value.trim() !== '') return value;
  throw wrong(`\`${name}\` must be a text that is not blank.`);
}

/** Both go over the wire as an unsigned number of 32 bits. */
export function whole(name: string, value: unknown): void {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value < 2 ** 32) return;
  throw wrong(`\`${name}\` must be a whole number, 1 or more.`);
}

export function milliseconds(name: string, value: unknown, least: number): number {
  if (typeof value === 'number' && value >= least && value <= longestTime) return value;
  throw wrong(`\`${name}\` must be a number of milliseconds from ${least} to ${longestTime}.`);
}

function wrong(problem: string): EventstoreError {
  return eventstoreError('EVENTSTORE_OPTIONS', problem);
}
