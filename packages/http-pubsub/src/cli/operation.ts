import { createHash } from 'node:crypto';
import { httpPubsubError } from '../errors.ts';
import type { Operation } from '../wire/auth/operation.ts';
import type { Reader } from './reader.ts';
import { one, settings, text, whole, wrong } from './reader.ts';

/** What is said over HTTP, with what it takes. */
const needed = {
  'subscribe-exact': ['url', 'topic'],
  'subscribe-glob': ['url', 'glob'],
  notify: ['topic', 'identifier', 'digest'],
  check: ['url'],
  set: ['url', 'etag'],
  'confirm-receive': ['identifier', 'subscribers', 'url'],
  'confirm-missed': ['topic', 'url'],
  receive: ['url', 'topic', 'identifier', 'digest'],
  missed: ['url', 'topic'],
  'confirm-subscribe-exact': ['url', 'topic'],
  'confirm-subscribe-glob': ['url', 'glob'],
  'confirm-notify': ['identifier', 'subscribers', 'topic', 'digest'],
  'confirm-check': ['etag'],
  'confirm-set': ['etag'],
} as const satisfies Partial<Record<Operation['kind'], readonly string[]>>;

const kinds = Object.keys(needed) as readonly (keyof typeof needed)[];

/** A text, or `hex:` and bytes. */
const bytes: Reader<Uint8Array> = (value, at) => {
  const given = text(value, at);
  if (!given.startsWith('hex:')) return Buffer.from(given);
  if (/^hex:(?:[\da-f]{2})*$/i.test(given)) return Buffer.from(given.slice(4), 'hex');
  throw wrong(at, 'a text, or hex: and an even number of digits');
};

const readFields = settings({
  kind: one(...kinds),
  url: text,
  recovery: text,
  topic: bytes,
  glob: text,
  identifier: bytes,
  subscribers: whole(0, 2 ** 32 - 1),
  digest: bytes,
  data: bytes,
  etag: bytes,
  tracing: bytes,
});

export interface Said {
  readonly operation: Operation;
  readonly tracing: Uint8Array;
}

/** Of JSON such as `{"kind": "check", "url": "…"}`; `data` stands for its digest. Throws PUBSUB_OPTIONS. */
export function readOperation(json: string): Said {
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch {
    throw httpPubsubError(
      'PUBSUB_OPTIONS',
      `What is to be signed has to be JSON, such as {"kind": "check", "url": "…"}.`,
    );
  }
  const { kind, data, tracing = new Uint8Array(), ...rest } = readFields(parsed, '');
  if (kind === undefined) throw wrong('kind', `there: ${kinds.join(', ')}`);
  const digest = data ? createHash('sha512').update(data).digest() : rest.digest;
  const fields: Readonly<Record<string, unknown>> = { ...rest, ...(digest && { digest }) };
  for (const name of needed[kind]) {
    if (fields[name] === undefined) throw wrong(name === 'digest' ? 'data' : name, `there for ${kind}`);
  }
  for (const name of ['digest', 'etag'] as const) {
    const value = fields[name];
    if (value instanceof Uint8Array && value.length !== 64) throw wrong(name, '64 bytes');
  }
  return { operation: { kind, ...fields } as unknown as Operation, tracing };
}
