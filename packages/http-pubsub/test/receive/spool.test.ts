import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, expect, test } from 'vitest';
import type { SpoolOptions } from '../../src/receive/spool.ts';
import { createSpooling } from '../../src/receive/spool.ts';
import { sha512 } from '../wire/vectors/facts.ts';

const folder = await mkdtemp(join(tmpdir(), 'spool-test-'));
afterAll(() => rm(folder, { recursive: true }));

const pieces = ['one', '', ' and two', ' and three'].map((text) => Buffer.from(text));
const whole = Buffer.concat(pieces);

async function bodyFrom(options: SpoolOptions) {
  const spooling = createSpooling({ folder, ...options });
  const spool = spooling.open();
  for (const piece of pieces) await spool.write(piece);
  expect(spool.length).toBe(whole.length);
  return { spooling, body: spool.finish() };
}

test.each([
  ['in memory', whole.length, false],
  ['in a file', 5, true],
  ['in a file from the first byte on', 0, true],
])('a body %s is read whole, as often as wanted', async (_where, threshold, spooled) => {
  const { spooling, body } = await bodyFrom({ threshold });
  expect(body).toMatchObject({ length: whole.length, spooled });
  expect(body.digest).toEqual(sha512(whole));
  expect(body.bytes()).toEqual(whole);
  const [one, two] = await Promise.all([buffer(body.stream()), buffer(body.chunks())]);
  expect([one, two]).toEqual([whole, whole]);
  expect(spooling.used).toBe(spooled ? whole.length : 0);
  // Nobody finds it there, and nothing is left of it when the process dies.
  expect(await readdir(folder)).toEqual([]);
  await body.dispose();
  await body.dispose();
  expect(spooling.used).toBe(0);
});

test('what was let go is an error to read', async () => {
  const { body } = await bodyFrom({ threshold: 0 });
  await body.dispose();
  expect(() => body.bytes()).toThrow(expect.objectContaining({ code: 'PUBSUB_SPOOL' }));
  expect(() => body.stream()).toThrow(expect.objectContaining({ code: 'PUBSUB_SPOOL' }));
});

test('files have no more room together than they are given, and give it back', async () => {
  const spooling = createSpooling({ folder, threshold: 0, quota: 10 });
  const first = spooling.open();
  await first.write(Buffer.alloc(8));
  const second = spooling.open();
  await second.write(Buffer.alloc(2));
  await expect(second.write(Buffer.alloc(1))).rejects.toMatchObject({ code: 'PUBSUB_SPOOL' });
  await second.discard();
  expect(spooling.used).toBe(8);
  await first.finish().dispose();
  expect(spooling.used).toBe(0);
});

test('a folder that can not be written to is an error with a cause', async () => {
  const spool = createSpooling({ folder: join(folder, 'missing'), threshold: 0 }).open();
  await expect(spool.write(Buffer.alloc(1))).rejects.toMatchObject({
    code: 'PUBSUB_SPOOL',
    cause: { code: 'ENOENT' },
  });
});
