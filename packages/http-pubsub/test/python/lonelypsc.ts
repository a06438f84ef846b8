import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from '../../../../scripts/servers/free-port.ts';
import type { Secrets } from '../../src/index.ts';
import { formatSecrets } from '../../src/index.ts';
import { python } from './lonelyps.ts';

/** What the stock client got. Topic and digest in hexadecimal. */
export interface ReceivedByLonelypsc {
  readonly topic: string;
  readonly sha512: string;
  readonly length: number;
}

export interface Lonelypsc {
  readonly received: readonly ReceivedByLonelypsc[];
  /** Its receive URL. */
  readonly url: string;
  subscribe(wanted: {
    readonly exact?: readonly Uint8Array[];
    readonly globs?: readonly string[];
  }): Promise<void>;
  /** A message of so many zeros where `data` is a number. Rejects as the client says. */
  notify(topic: Uint8Array, data: Uint8Array | number): Promise<number>;
  stop(): Promise<void>;
}

interface Said {
  readonly notified?: number;
  readonly received?: ReceivedByLonelypsc;
  readonly failed?: string;
}

/** The stock client, which takes one command after the other. */
export async function startLonelypsc(broadcaster: string, secrets?: Secrets): Promise<Lonelypsc> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-lonelypsc-'));
  const port = await freePort();
  const secretsFile = secrets ? join(folder, 'secrets.json') : '';
  if (secrets) await writeFile(secretsFile, formatSecrets(secrets), { mode: 0o600 });
  const program = join(import.meta.dirname, 'client.py');
  // It ends with its input, and so with this process.
  const child = spawn(python, [program, broadcaster, String(port), secretsFile, folder], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const ended = once(child, 'exit');
  const received: ReceivedByLonelypsc[] = [];
  const complaints: string[] = [];
  const waiting: PromiseWithResolvers<Said>[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    complaints.push(line);
    if (complaints.length > 30) complaints.shift();
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    const said = JSON.parse(line) as Said;
    if (said.received) received.push(said.received);
    else waiting.shift()?.resolve(said);
  });
  child.once('exit', () => {
    for (const each of waiting) each.reject(new Error(`lonelypsc has ended:\n${complaints.join('\n')}`));
  });

  function tell(command: object): Promise<Said> {
    const reply = Promise.withResolvers<Said>();
    waiting.push(reply);
    child.stdin.write(`${JSON.stringify(command)}\n`);
    return reply.promise;
  }

  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

  return {
    received,
    url: `http://127.0.0.1:${port}/v1/receive`,
    async subscribe({ exact = [], globs = [] }) {
      await tell({ subscribe: { exact: exact.map(hex), globs } });
    },
    async notify(topic, data) {
      const content = typeof data === 'number' ? { zeros: data } : { data: hex(data) };
      const { notified, failed } = await tell({ notify: { topic: hex(topic), ...content } });
      if (notified === undefined) throw new Error(failed);
      return notified;
    },
    async stop() {
      child.stdin.end();
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
