import type { Check } from '@millrace/core';
import { describeError, isMillraceError } from '@millrace/core';
import { connect } from './connection.ts';
import type { WebsocketPubsubSettings } from './options.ts';

const remedies: Readonly<Record<string, string>> = {
  PUBSUB_UNREACHABLE: 'Start the broadcaster, or correct its URL.',
  PUBSUB_CONNECTION_LOST: 'Compare the secrets of both sides, and their clocks.',
  PUBSUB_FORGED: 'Compare the secrets of both sides, and their clocks.',
};

/** Shakes hands with each broadcaster. One that can't be had is a warning as long as there is another one. */
export async function* checkBroadcasters(
  settings: WebsocketPubsubSettings,
  signal: AbortSignal,
): AsyncGenerator<Check> {
  const ignored = { receive: async () => {}, missed: () => {} };
  const checks = await Promise.all(
    settings.broadcasters.map(async ({ url }): Promise<Check> => {
      const name = `broadcaster ${new URL(url).host}`;
      try {
        const connection = await connect(url, settings.connection(), ignored, signal);
        await connection.close();
        return { name, ok: true };
      } catch (error) {
        const code = isMillraceError(error) ? error.code : 'PUBSUB_UNREACHABLE';
        const remedy = remedies[code];
        return { name, ok: false, code, problem: describeError(error).message, ...(remedy && { remedy }) };
      }
    }),
  );
  const someWork = checks.some(({ ok }) => ok);
  yield* checks.map((check) => (check.ok || !someWork ? check : { ...check, fatal: false }));
}
