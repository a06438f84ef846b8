import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { httpPubsubError } from '../errors.ts';
import type { Secret } from '../wire/auth/secrets-file.ts';
import { createSecret, formatSecrets } from '../wire/auth/secrets-file.ts';

export type SecretType = Secret['type'] | 'none';

export interface InitSecretsOptions {
  readonly folder: string;
  readonly toBroadcaster: SecretType;
  readonly toSubscriber: SecretType;
}

/** By the names that lonelyps gives them; what is in them is the same. */
const names = ['broadcaster-secrets.json', 'subscriber-secrets.json'];

/** Writes both files, for nobody else to read. Rejects with PUBSUB_OPTIONS when one is there, and leaves all as it was. */
export async function initSecrets(options: InitSecretsOptions): Promise<readonly string[]> {
  const { folder, toBroadcaster, toSubscriber } = options;
  const content = formatSecrets({
    ...(toBroadcaster !== 'none' && { 'to-broadcaster': createSecret(toBroadcaster) }),
    ...(toSubscriber !== 'none' && { 'to-subscriber': createSecret(toSubscriber) }),
  });
  const written: string[] = [];
  try {
    await mkdir(folder, { recursive: true });
    for (const name of names) {
      const path = join(folder, name);
      // Not even through a link that somebody has laid there.
      await writeFile(path, content, { mode: 0o600, flag: 'wx' });
      written.push(path);
    }
    return written;
  } catch (error) {
    await Promise.all(written.map((path) => rm(path)));
    const isThere = error instanceof Error && 'code' in error && error.code === 'EEXIST';
    throw httpPubsubError(
      'PUBSUB_OPTIONS',
      isThere
        ? `There are secrets in ${folder} already. They are not overwritten: move them away first.`
        : `The secrets can't be written to ${folder}.`,
      error,
    );
  }
}
