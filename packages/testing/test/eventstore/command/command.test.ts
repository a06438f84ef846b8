import { jsonEvent, KurrentDBClient } from '@kurrent/kurrentdb-client';
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';

const command = fileURLToPath(new URL('../../../src/millrace-eventstore.ts', import.meta.url));

function start(...args: readonly string[]) {
  const loader = ['--import', 'tsx', '--conditions=@millrace/source'];
  const child = spawn(process.execPath, [...loader, command, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

async function exitOf(child: ChildProcess) {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return { code: child.exitCode, signal: child.signalCode };
}

test('runs a server until SIGTERM, and says how to connect', async () => {
  const child = start('--port', '0', '--nodes', '2', '--json');
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  const { connectionString } = JSON.parse(line) as { connectionString: string };
  expect(connectionString).toMatch(/^kurrentdb:\/\/127\.0\.0\.1:\d+,127\.0\.0\.1:\d+\?tls=false$/);
  const client = KurrentDBClient.connectionString(connectionString);
  const written = await client.appendToStream('order-1', jsonEvent({ type: 'Placed', data: {} }));
  expect(written.success).toBe(true);
  await client.dispose();
  child.kill('SIGTERM');
  expect(await exitOf(child)).toEqual({ code: 0, signal: null });
});

test.each([
  [['--port', 'high'], '--port takes a whole number, not "high".'],
  [['--client', 'photon'], '--client takes kurrent or eventstore, not "photon".'],
  [['--nodes', '0'], 'The option "nodes"'],
  [['--nonsense'], '--nonsense'],
])('refuses %j', async (args, message) => {
  const child = start(...args);
  const said = text(child.stderr);
  expect(await exitOf(child)).toEqual({ code: 1, signal: null });
  expect(await said).toContain(message);
});

test('explains itself', async () => {
  const child = start('--help');
  expect(await text(child.stdout)).toMatch(/^Usage: millrace-eventstore/);
  expect(await exitOf(child)).toEqual({ code: 0, signal: null });
});
