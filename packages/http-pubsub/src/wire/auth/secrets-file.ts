import { randomBytes } from 'node:crypto';
import { httpPubsubError } from '../../errors.ts';
import type { Direction } from './operation.ts';

/** How a direction is authorised; without an entry there is nothing to prove. */
export interface Secret {
  readonly type: 'hmac' | 'token';
  /** Of `hmac`: 64 bytes in base64url. A token is sent as it stands here. */
  readonly secret: string;
}

/** The file that broadcaster and subscribers share, as lonelyps writes it. */
export type Secrets = Readonly<Partial<Record<Direction, Secret>>>;

const version = '2';
const directions: readonly Direction[] = ['to-broadcaster', 'to-subscriber'];

/** Throws PUBSUB_SECRETS, which never shows what is in the file. */
export function parseSecrets(json: string): Secrets {
  const file = asRecord(parseJson(json));
  if (file?.['version'] !== version) {
    throw httpPubsubError('PUBSUB_SECRETS', `The secrets file is none, or not of version ${version}.`);
  }
  return Object.fromEntries(
    directions.flatMap((direction) => {
      const entry = file[direction];
      return entry === undefined ? [] : [[direction, secretOf(direction, entry)]];
    }),
  );
}

export function formatSecrets(secrets: Secrets): string {
  return `${JSON.stringify({ version, ...secrets }, null, 2)}\n`;
}

/** 64 random bytes, for either type. */
export function createSecret(
  type: Secret['type'],
  random: (count: number) => Uint8Array = randomBytes,
): Secret {
  return { type, secret: Buffer.from(random(64)).toString('base64url') };
}

function secretOf(direction: Direction, entry: unknown): Secret {
  const { type, secret } = asRecord(entry) ?? {};
  if ((type === 'hmac' || type === 'token') && typeof secret === 'string' && secret !== '')
    return { type, secret };
  throw httpPubsubError(
    'PUBSUB_SECRETS',
    `"${direction}" in the secrets file needs a "type" of "hmac" or "token", and a "secret".`,
  );
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    // No cause: its message quotes the file.
    throw httpPubsubError('PUBSUB_SECRETS', 'The secrets file is no JSON.');
  }
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return value as Readonly<Record<string, unknown>>;
}
