import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { vi } from 'vitest';
import type { Secrets } from '../../src/index.ts';
import { formatSecrets } from '../../src/index.ts';
import { python } from './lonelyps.ts';

export interface PythonClientOptions {
  readonly secrets?: Secrets | undefined;
  readonly exact?: readonly (string | Uint8Array)[];
  readonly globs?: readonly string[];
  /** @default true */
  readonly minimalHeaders?: boolean;
}

interface Heard {
  readonly topic: Buffer;
  readonly length: number;
  readonly sha512: string;
}

interface Line {
  readonly ready?: true;
  readonly notified?: number;
  readonly received?: string;
  readonly length?: number;
  readonly sha512?: string;
}

export type Content = Uint8Array | { readonly repeat: number; readonly length: number };

const patience = { timeout: 60_000, interval: 20 };

/** lonelypsc, connected to a WebSocket. */
export async function startLonelypsc(url: string, options: PythonClientOptions = {}) {
  const { secrets, exact = [], globs = [], ...rest } = options;
  const folder = await mkdtemp(join(tmpdir(), 'millrace-lonelypsc-'));
  const file = secrets ? join(folder, 'subscriber-secrets.json') : '';
  if (secrets) await writeFile(file, formatSecrets(secrets), { mode: 0o600 });
  const hex = (bytes: string | Uint8Array) => Buffer.from(bytes).toString('hex');
  const settings = { ...rest, exact: exact.map(hex), globs };
  // It ends when its input does, and so when this process does.
  const child = spawn(
    python,
    [join(import.meta.dirname, 'websocket_client.py'), url, file, JSON.stringify(settings)],
    { stdio: ['pipe', 'pipe', 'pipe'] },
  );
  const received: Heard[] = [];
  const notified: number[] = [];
  const complaints: string[] = [];
  let ready = false;
  createInterface({ input: child.stderr }).on('line', (line) => complaints.push(line));
  createInterface({ input: child.stdout }).on('line', (text) => {
    const line = JSON.parse(text) as Line;
    if (line.ready) ready = true;
    if (line.notified !== undefined) notified.push(line.notified);
    if (line.received === undefined) return;
    received.push({
      topic: Buffer.from(line.received, 'hex'),
      length: line.length ?? 0,
      sha512: line.sha512 ?? '',
    });
  });

  async function until(what: () => boolean): Promise<void> {
    await vi.waitFor(() => {
      if (!what()) throw new Error(`lonelypsc has not come so far:\n${complaints.slice(-20).join('\n')}`);
    }, patience);
  }

  async function close(): Promise<void> {
    if (child.exitCode === null) {
      const exited = once(child, 'exit');
      child.stdin.end();
      await exited;
    }
    await rm(folder, { recursive: true });
  }

  await until(() => ready);
  return {
    received,
    complaints,
    until,
    async notify(topic: string | Uint8Array, content: Content): Promise<number> {
      const before = notified.length;
      const data =
        'repeat' in content
          ? { repeat: hex(Uint8Array.of(content.repeat)), length: content.length }
          : { data: hex(content) };
      child.stdin.write(`${JSON.stringify({ notify: hex(topic), ...data })}\n`);
      await until(() => notified.length > before);
      return notified[before] ?? 0;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
