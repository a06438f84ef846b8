import type { Check, VerifyContext } from '@millrace/core';
import { describeError, isMillraceError } from '@millrace/core';
import type { WebhookSettings } from './options.ts';
import { ownListener } from './session.ts';

/** Looks at what can be looked at from here. Whether senders reach the path can't. */
export async function* verify(settings: WebhookSettings, context: VerifyContext): AsyncGenerator<Check> {
  yield await tried('listener', () => bind(settings), 'Free the port, or name another one.');
  const { acceptStore, guard } = settings;
  if (guard) yield await tried('replay guard', () => guard.has('verify'), 'See to the store of the guard.');
  if (acceptStore)
    yield await tried('accept store', () => acceptStore.count('verify'), 'See to the file of the store.');
  yield* publicUrl(settings);
  yield {
    name: 'idempotency store',
    ok: context.retention !== undefined,
    fatal: false,
    problem:
      'Senders send the same event again when they did not hear our answer, and nothing remembers which ones were handled.',
    remedy: 'Give the consumer a store.',
  };
}

async function bind({ place }: WebhookSettings): Promise<void> {
  if (place.listener) return void (await place.listener.listen());
  const probe = ownListener(place.listen);
  try {
    await probe.listen();
  } finally {
    await probe.close();
  }
}

async function tried(name: string, look: () => Promise<unknown>, remedy: string): Promise<Check> {
  try {
    await look();
    return { name, ok: true };
  } catch (error) {
    const code = isMillraceError(error) ? error.code : undefined;
    return { name, ok: false, ...(code && { code }), problem: describeError(error).message, remedy };
  }
}

function* publicUrl({ publicUrl: text, path }: WebhookSettings): Generator<Check> {
  if (text === undefined) return;
  const url = new URL(text);
  yield {
    name: 'public URL is https',
    ok: url.protocol === 'https:',
    fatal: false,
    problem: 'The public URL is not https: anybody on the way can read what is sent, and send it again.',
    remedy: 'Terminate TLS here, or at a proxy in front.',
  };
  yield {
    name: 'public URL and path',
    ok: url.pathname.endsWith(path),
    fatal: false,
    problem: `The public URL does not end with ${path}: this source answers there only.`,
    remedy: 'Make a proxy in front lead there, or change "path".',
  };
}
