import { resolve } from 'node:path';
import type { Clock } from '@millrace/core';
import type { Direction } from '../wire/auth/operation.ts';
import { hmacAuth } from '../wire/auth/hmac.ts';
import type { ReplayGuard } from '../wire/auth/replay-guard.ts';
import type { Auth, AuthScheme } from '../wire/auth/scheme.ts';
import { noAuth } from '../wire/auth/scheme.ts';
import type { Secrets } from '../wire/auth/secrets-file.ts';
import { parseSecrets } from '../wire/auth/secrets-file.ts';
import { tokenAuth } from '../wire/auth/token.ts';
import { httpPubsubError } from '../errors.ts';
import type { SecretsConfig } from './config.ts';
import { readText } from './config.ts';
import { wrong } from './reader.ts';

interface SecretsPlace {
  readonly file?: string;
  readonly env?: string;
}

export interface AuthPlace {
  /** Files are looked for from here. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /**
   * The name of the setting, for errors.
   * @default 'secrets'
   */
  readonly at?: string;
}

export interface AuthParts {
  readonly guard?: ReplayGuard;
  readonly clock?: Clock;
}

/**
 * The first secrets sign, all are accepted: so they can be changed one peer after the other. Rejects with PUBSUB_OPTIONS or
 * PUBSUB_SECRETS.
 */
export async function readAuth(
  config: SecretsConfig,
  place: AuthPlace,
  parts: AuthParts = {},
): Promise<Auth> {
  if (config === 'none') return { toBroadcaster: noAuth, toSubscriber: noAuth };
  const { at = 'secrets' } = place;
  const places: readonly SecretsPlace[] = Array.isArray(config) ? config : [config];
  const all: Secrets[] = [];
  for (const each of places) all.push(parseSecrets(await readSecrets(each, place)));
  if (all.length === 0) throw wrong(at, 'one or more');
  return {
    toBroadcaster: schemeOf('to-broadcaster', all, parts, at),
    toSubscriber: schemeOf('to-subscriber', all, parts, at),
  };
}

async function readSecrets(
  { file, env }: SecretsPlace,
  { folder, environment, at = 'secrets' }: AuthPlace,
): Promise<string> {
  if ((file === undefined) === (env === undefined)) throw wrong(at, 'with either "file" or "env"');
  if (file !== undefined) return readText(resolve(folder, file), 'secrets');
  const value = environment[env ?? ''];
  if (value !== undefined) return value;
  throw httpPubsubError('PUBSUB_OPTIONS', `The environment variable ${env} of "${at}.env" is not set.`);
}

function schemeOf(direction: Direction, all: readonly Secrets[], parts: AuthParts, at: string): AuthScheme {
  const own = all.map((secrets) => secrets[direction]);
  const [first] = own;
  if (own.some((each) => each?.type !== first?.type)) {
    throw wrong(at, `of one type for "${direction}"`);
  }
  const secrets = own.flatMap((each) => each?.secret ?? []);
  if (first === undefined) return noAuth;
  return first.type === 'hmac' ? hmacAuth({ ...parts, secrets }) : tokenAuth({ secrets });
}
