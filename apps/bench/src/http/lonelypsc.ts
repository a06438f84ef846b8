import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Secrets } from '@millrace/http-pubsub';
import { formatSecrets } from '@millrace/http-pubsub';
import { python, pythonPath } from '../../../../packages/http-pubsub/test/python/lonelyps.ts';
import { freePort } from '../../../../scripts/servers/free-port.ts';
import type { Measurement } from '../measure/stopwatch.ts';
import { topic } from './bench-message.ts';
import type { Receiver } from './receiver-client.ts';

/** lonelypsc in a Python process of its own, which measures itself. */
export async function startLonelypsc(broadcaster: string, secrets: Secrets): Promise<Receiver> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-bench-lonelypsc-'));
  const secretsFile = join(folder, 'secrets.json');
  await writeFile(secretsFile, formatSecrets(secrets), { mode: 0o600 });
  const program = join(import.meta.dirname, 'lonelypsc_receiver.py');
  const args = [program, broadcaster, String(await freePort()), secretsFile, folder];
  const child = spawn(python, args, {
    env: { ...process.env, PYTHONPATH: pythonPath },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();

  /** One at a time. */
  async function ask<Answer>(command: object): Promise<Answer> {
    child.stdin.write(`${JSON.stringify(command)}\n`);
    const { done, value } = await lines.next();
    if (done === true) throw new Error('The process of lonelypsc has ended.');
    return JSON.parse(value) as Answer;
  }

  return {
    start: async ({ messages }) => (await ask<{ readonly url: string }>({ start: { topic, messages } })).url,
    receive: () => ask<Measurement>({ receive: true }),
    async stop() {
      const { wrong } = await ask<{ readonly wrong: number }>({ stop: true });
      if (wrong > 0) throw new Error(`${wrong} messages were not handled exactly once.`);
    },
    async close() {
      child.stdin.end();
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
