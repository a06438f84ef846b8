import { checkConnection, checkFrom, milliseconds, text, whole } from '../check-options.ts';
import type { Feed } from '../options.ts';
import { eventstoreError } from '../errors.ts';
import type { GroupSettings } from './group-settings.ts';
import { defaultMessageTimeout } from './group-settings.ts';
import type { PersistentOptions, PersistentSettings } from './options.ts';

/** Throws EVENTSTORE_OPTIONS. What core has of its own, it checks itself. */
export function checkPersistent(options: PersistentOptions): PersistentSettings {
  const { settings = {}, resubscribe = {}, watchdog = {}, concurrency = 16 } = options;
  const feed = checkFrom(options.from);
  const channel = feed.kind === 'all' ? '$all' : feed.stream;
  const group = text('group', options.group);
  checkGroupSettings(settings, feed);
  const bufferSize = options.bufferSize ?? concurrency + (options.prefetch ?? concurrency);
  whole('bufferSize', bufferSize);
  const delay = milliseconds('resubscribe.delay', resubscribe.delay ?? 500, 1);
  const { order = () => undefined } = options;
  if (order !== 'stream' && typeof order !== 'function') {
    throw wrong('`order` must be "stream" or a function that makes a key of an event.');
  }
  return {
    name: text('name', options.name ?? `${channel}::${group}`),
    connection: checkConnection(options),
    feed,
    channel,
    group,
    wanted: { ...settings, resolveLinks: feed.kind === 'stream' && feed.resolveLinks },
    onMissing: oneOf('onMissing', options.onMissing ?? 'create', ['create', 'fail']),
    onDifferent: oneOf('onDifferent', options.onDifferent ?? 'fail', ['update', 'fail']),
    bufferSize,
    concurrency,
    dead: oneOf('dead', options.dead ?? 'park', ['park', 'skip']),
    order,
    lease: settings.messageTimeout ?? defaultMessageTimeout,
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

/** The server takes no event that is sent again at once: a message timeout has to leave time to handle it. */
export function checkGroupSettings(settings: GroupSettings, feed: Feed): void {
  const { startFrom } = settings;
  if (feed.kind === 'stream' && typeof startFrom === 'object') {
    throw wrong('`settings.startFrom` must be a revision for a stream; a position is of $all.');
  }
  if (feed.kind === 'all' && typeof startFrom === 'bigint') {
    throw wrong('`settings.startFrom` must be a position for $all; a revision is of a stream.');
  }
  if (settings.messageTimeout !== undefined)
    milliseconds('settings.messageTimeout', settings.messageTimeout, 1);
  for (const name of [
    'checkpointLowerBound',
    'checkpointUpperBound',
    'liveBufferSize',
    'readBatchSize',
    'historyBufferSize',
  ] as const) {
    if (settings[name] !== undefined) whole(`settings.${name}`, settings[name]);
  }
  const { readBatchSize = 20, historyBufferSize = 500 } = settings;
  if (readBatchSize >= historyBufferSize) {
    throw wrong(
      '`settings.readBatchSize` must be below `settings.historyBufferSize`: the server refuses it.',
    );
  }
}

function oneOf<Value extends string>(name: string, value: Value, allowed: readonly Value[]): Value {
  if (allowed.includes(value)) return value;
  throw wrong(`\`${name}\` must be ${allowed.map((each) => `"${each}"`).join(' or ')}.`);
}

function wrong(problem: string) {
  return eventstoreError('EVENTSTORE_OPTIONS', problem);
}
