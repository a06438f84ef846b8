import { once } from 'node:events';
import { join } from 'node:path';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test } from 'vitest';
import { httpPublisher } from '../../src/publisher/http-publisher.ts';
import { authBySecrets } from '../../src/wire/auth/auth.ts';
import { parseSecrets } from '../../src/wire/auth/secrets-file.ts';
import { exitOf, newFolder, run, serve, start } from './command.ts';

test('tail shows what is published, and moves nobody’s cursor', async () => {
  const folder = await newFolder();
  await run(['init-secrets', folder]);
  const { url } = await serve({ secrets: { file: 'broadcaster-secrets.json' } }, { folder });
  const secrets = join(folder, 'subscriber-secrets.json');
  const auth = authBySecrets(parseSecrets(await readFile(secrets, 'utf8')));
  const publisher = httpPublisher({ broadcasters: [{ url }], auth });
  onTestFinished(() => publisher.close());

  const child = start(['tail', 'orders/**', '--broadcaster', url, '--secrets', secrets]);
  const lines: string[] = [];
  createInterface(child.stdout).on('line', (line) => lines.push(line));
  await expect
    .poll(async () => (await publisher.notify('orders/ready', 'yes')).notified, { timeout: 20_000 })
    .toBe(1);
  await publisher.notify('orders/eu', 'Grüße\u001b[2J\nnext');
  await publisher.notify('orders/raw', new Uint8Array([0xff, 0x00]));
  await publisher.notify('other', 'not for us');
  await publisher.notify('orders/end', 'end');
  await expect.poll(() => lines.at(-1)).toBe('orders/end  end');
  expect(lines.filter((line) => !line.includes('ready'))).toEqual([
    'orders/eu  Grüße\\u{1b}[2J\\u{a}next',
    'orders/raw  0xff00',
    'orders/end  end',
  ]);
  child.kill('SIGINT');
  expect(await exitOf(child)).toEqual({ code: 0, signal: null });
});

test('tail has JSON for programs', async () => {
  const { url } = await serve({ secrets: 'none' });
  const publisher = httpPublisher({ broadcasters: [{ url }] });
  onTestFinished(() => publisher.close());
  const child = start(['tail', '--exact', 'a', '--broadcaster', url, '--json']);
  const line = once(createInterface(child.stdout), 'line');
  await expect.poll(async () => (await publisher.notify('a', 'x')).notified, { timeout: 20_000 }).toBe(1);
  expect(JSON.parse(String((await line)[0]))).toEqual({ topic: 'a', text: 'x' });
  child.kill('SIGTERM');
  expect((await exitOf(child)).code).toBe(0);
});
