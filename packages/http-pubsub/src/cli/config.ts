import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { httpPubsubError } from '../errors.ts';
import { either, flag, list, number, one, settings, text, whole, wrong } from './reader.ts';

const port = whole(0, 65_535);

/** One with the secrets of both directions, or an environment variable with what would be in it. */
const secretsPlace = settings({ file: text, env: text });

const portRange = either(Array.isArray, list(whole(1, 65_535)), whole(1, 65_535));

const readConfig = settings({
  listen: settings({
    host: text,
    port,
    maxBody: number,
    limits: settings({
      headersTimeout: number,
      bodyTimeout: number,
      minBodyRate: number,
      bodyGrace: number,
      keepAliveTimeout: number,
      maxConnections: number,
      drainTimeout: number,
    }),
  }),
  admin: either(
    (value) => typeof value !== 'object',
    one<'same' | false>('same', false),
    settings({ host: text, port }),
  ),
  secrets: either(
    (value) => typeof value !== 'object',
    one('none'),
    either(Array.isArray, list(secretsPlace), secretsPlace),
  ),
  clients: list(
    settings({
      name: text,
      secrets: either(Array.isArray, list(secretsPlace), secretsPlace),
      publish: list(text),
      subscribe: list(text),
      urls: list(text),
    }),
  ),
  store: settings({
    kind: one('memory', 'sqlite', 'redis'),
    path: text,
    durability: one('full', 'normal'),
    busyTimeout: number,
    url: text,
    urlEnv: text,
    prefix: text,
    timeout: number,
    dialect: one('segments', 'fnmatch', 'sqlite'),
    maxSubscriptions: number,
    maxDeliveries: number,
    maxBytes: number,
  }),
  guard: either(
    (value) => typeof value !== 'object',
    one(false),
    settings({
      schemes: list(one('http', 'https')),
      ports: list(portRange),
      hosts: list(text),
      networks: list(text),
    }),
  ),
  outgoing: settings({ connect: number, headers: number, body: number, total: number, reply: number }),
  websockets: either(
    (value) => typeof value !== 'object',
    one(false),
    settings({
      minimalHeaders: flag,
      maxMessage: number,
      limits: settings({
        sockets: number,
        subscriptions: number,
        unacknowledged: number,
        waitingMessages: number,
        waitingBytes: number,
        requests: number,
      }),
      timeouts: settings({ configure: number, close: number, heartbeat: number, drain: number }),
    }),
  ),
  self: settings({ url: text, recovery: text }),
  ownership: either(
    (value) => typeof value !== 'object',
    one('probe'),
    settings({ origin: text, rate: number }),
  ),
  redelivery: either(
    (value) => typeof value !== 'object',
    one(false),
    settings({ tries: number, delay: number, factor: number, maxDelay: number }),
  ),
  deadLetters: one('keep', 'until-told', 'drop'),
  replay: settings({ messages: number, bytes: number, age: number, topics: number }),
  copies: one('per-url', 'per-subscription'),
  trustUnsubscribe: flag,
  disableAfter: number,
  timeouts: settings({ subscriber: number, fanOut: number, drain: number }),
  limits: settings({
    message: number,
    topic: number,
    glob: number,
    setEntries: number,
    setBytes: number,
    publishing: number,
    perHost: number,
    requests: number,
    redelivering: number,
    spoolThreshold: number,
    spooled: number,
  }),
  spoolDirectory: text,
  log: one('debug', 'info', 'warn', 'error', 'none'),
});

export type Config = ReturnType<typeof readConfig>;
export type StoreConfig = NonNullable<Config['store']>;
export type SecretsConfig = NonNullable<Config['secrets']>;

export interface LoadedConfig {
  readonly config: Config;
  /** Files in the configuration are looked for from here. */
  readonly folder: string;
}

/** Rejects with PUBSUB_OPTIONS. */
export async function loadConfig(path: string): Promise<LoadedConfig> {
  const json = await readText(path, 'configuration');
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch (error) {
    // Not as a cause, for its message may quote what is in the file.
    const where = /at position \d+|line \d+ column \d+/.exec(String(error))?.[0];
    throw httpPubsubError(
      'PUBSUB_OPTIONS',
      `${path} is no JSON${where === undefined ? '' : `: look ${where}`}.`,
    );
  }
  const config = readConfig(parsed, '');
  if (config.secrets === undefined) {
    throw wrong('secrets', 'there: {"file": "broadcaster-secrets.json"}, or "none" to believe everybody');
  }
  return { config, folder: dirname(path) };
}

/** Rejects with PUBSUB_OPTIONS. */
export async function readText(path: string, what: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw httpPubsubError('PUBSUB_OPTIONS', `The file ${path} of the ${what} can't be read.`, error);
  }
}
