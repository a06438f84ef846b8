import { salesforceError } from './errors.ts';
import { checkPubSub } from './pubsub/settings.ts';
import type { SalesforceOptions, SalesforceSettings, SubscribeRetryOptions } from './options.ts';

/** The oldest version with replay by channel. Streaming API guide: "Message Durability". */
const oldestVersion = 37;
/** `setTimeout` takes no more. */
const longestTime = 2 ** 31 - 1;

/** Throws SALESFORCE_OPTIONS. What core has of its own, it checks itself. */
export function checkOptions(options: SalesforceOptions): SalesforceSettings {
  if (typeof options !== 'object' || options === null) {
    throw wrong('Options are needed: salesforce({ auth, channels: ["/event/Order__e"] }).');
  }
  const { auth, fetch: ownFetch, order = 'channel' } = options;
  if (typeof auth?.login !== 'function')
    throw wrong(
      '`auth` must be a way to log in, such as clientCredentials({ … }), jwtBearer({ … }) or accessToken(…).',
    );
  if (!Array.isArray(options.channels))
    throw wrong('`channels` must be a list, such as ["/event/Order__e"].');
  isFunction('fetch', ownFetch);
  isFunction('decode', options.decode);
  if (order !== 'channel') isFunction('order', order);
  const transport = oneOf('transport', ['bayeux', 'pubsub'], options.transport ?? 'bayeux');
  oneOf('onInvalidPosition', ['earliest', 'latest', 'fail'], options.onInvalidPosition ?? 'earliest');
  const { decode } = options;
  return {
    name: nameOf(options.name ?? 'salesforce'),
    auth,
    transport,
    pubsub: checkPubSub(options.pubsub ?? {}, transport, options.channels.length),
    apiVersion: checkVersion(options.apiVersion ?? '66.0'),
    connectionTimeout: timeout('connectionTimeout', options.connectionTimeout ?? Infinity),
    subscribeRetry: checkSubscribeRetry(options.subscribeRetry ?? {}),
    quietStart: oneOf('quietStart', ['replay', 'latest'], options.quietStart ?? 'replay'),
    exclusive: isBoolean('exclusive', options.exclusive ?? true),
    events: decode ? { decode, order } : { order },
    fetch: ownFetch ?? ((input, init) => globalThis.fetch(input, init)),
  };
}

function checkSubscribeRetry(options: SubscribeRetryOptions): SalesforceSettings['subscribeRetry'] {
  if (typeof options !== 'object' || options === null) throw wrong('`subscribeRetry` must be an object.');
  const { delay = 1_000, factor = 2, maxDelay = 300_000, attempts = 20 } = options;
  isFunction('subscribeRetry.retryOnError', options.retryOnError);
  isFunction('subscribeRetry.retryOnResponse', options.retryOnResponse);
  between('subscribeRetry.delay', delay, 1, longestTime);
  between('subscribeRetry.factor', factor, 1, 1_000);
  between('subscribeRetry.maxDelay', maxDelay, delay, longestTime);
  between('subscribeRetry.attempts', attempts, 1, Infinity);
  return {
    delay,
    factor,
    maxDelay,
    attempts,
    retryOnError: options.retryOnError ?? (() => true),
    retryOnResponse: options.retryOnResponse ?? (() => undefined),
  };
}

function checkVersion(version: unknown): string {
  if (version === 'latest') return version;
  const [, major] = /^(\d{2,3})\.0$/.exec(String(version)) ?? [];
  if (typeof version === 'string' && major !== undefined && Number(major) >= oldestVersion) return version;
  throw wrong(
    `\`apiVersion\` must be a text such as "66.0", from "${oldestVersion}.0", or "latest" to ask the org for its newest.`,
  );
}

function nameOf(name: unknown): string {
  if (typeof name === 'string' && name.trim() !== '') return name;
  throw wrong('`name` must be a text that is not blank.');
}

function timeout(name: string, value: unknown): number {
  if (value === Infinity) return Infinity;
  return between(name, value, 1, longestTime);
}

function between(name: string, value: unknown, least: number, most: number): number {
  if (typeof value === 'number' && value >= least && value <= most) return value;
  throw wrong(`\`${name}\` must be a number from ${least} to ${most}.`);
}

function isBoolean(name: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw wrong(`\`${name}\` must be true or false.`);
}

function isFunction(name: string, value: unknown): void {
  if (value === undefined || typeof value === 'function') return;
  throw wrong(`\`${name}\` must be a function.`);
}

function oneOf<T extends string>(name: string, values: readonly T[], value: T): T {
  if (values.includes(value)) return value;
  throw wrong(`\`${name}\` must be one of: ${values.join(', ')}.`);
}

function wrong(problem: string): Error {
  return salesforceError('SALESFORCE_OPTIONS', problem);
}
