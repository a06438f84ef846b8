import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';

const command = fileURLToPath(new URL('../../../src/millrace-salesforce.ts', import.meta.url));

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

test('runs an org until SIGTERM, and says how to connect', async () => {
  const child = start('--channels', '/event/Order__e,/topic/Open', '--random-faults', '1000', '--json');
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  const facts = JSON.parse(line) as Record<string, string>;
  expect(facts).toMatchObject({
    channels: ['/data/ChangeEvents', '/event/Order__e', '/topic/Open'],
    faultSeed: expect.any(Number),
    privateKey: expect.stringContaining('PRIVATE KEY'),
  });

  const login = await fetch(`${facts['url']}/services/oauth2/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'password',
      client_id: facts['clientId'] ?? '',
      client_secret: facts['clientSecret'] ?? '',
      username: facts['username'] ?? '',
      password: facts['password'] ?? '',
    }),
  });
  expect(login.status).toBe(200);

  child.kill('SIGTERM');
  expect(await exitOf(child)).toEqual({ code: 0, signal: null });
});

test('prints text for people', async () => {
  const child = start('--channels', '/u/notices');
  const [first] = (await once(createInterface(child.stdout), 'line')) as [string];

  expect(first).toMatch(/^url {11}http:\/\/127\.0\.0\.1:\d+$/);
  child.kill('SIGINT');
  expect(await exitOf(child)).toEqual({ code: 0, signal: null });
});

test.each([
  [['--port', 'high'], '--port takes a number, not "high".'],
  [['--channels', 'orders'], 'orders'],
  [['--nonsense'], '--nonsense'],
  [['--fault-seed', '1'], '--random-faults'],
  [['--time-scale', '0'], 'timeScale'],
])('refuses %j', async (args, message) => {
  const child = start(...args);
  const said = text(child.stderr);

  expect(await exitOf(child)).toEqual({ code: 1, signal: null });
  expect(await said).toContain(message);
});

test('explains itself', async () => {
  const child = start('--help');

  expect(await text(child.stdout)).toMatch(/^Usage: millrace-salesforce/);
  expect(await exitOf(child)).toEqual({ code: 0, signal: null });
});
