import { readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readArguments } from '../../src/cli/arguments.ts';
import { readOperation } from '../../src/cli/operation.ts';
import { authBySecrets } from '../../src/wire/auth/auth.ts';
import { noAuth } from '../../src/wire/auth/scheme.ts';
import { parseSecrets } from '../../src/wire/auth/secrets-file.ts';
import { newFolder, run } from './command.ts';

const names = ['broadcaster-secrets.json', 'subscriber-secrets.json'];
const read = (folder: string) => Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));

describe('init-secrets', () => {
  test('writes two equal files that only their owner can read', async () => {
    const folder = await newFolder();
    const { code, out } = await run(['init-secrets', 'new'], { cwd: folder });
    expect({ code, out }).toEqual({ code: 0, out: names.map((name) => `${join('new', name)}\n`).join('') });
    const [broadcaster = '', subscriber = ''] = await read(join(folder, 'new'));
    expect(broadcaster).toBe(subscriber);
    expect(JSON.parse(broadcaster)).toEqual({
      version: '2',
      'to-broadcaster': { type: 'hmac', secret: expect.stringMatching(/^[\w-]{86}$/) },
      'to-subscriber': { type: 'hmac', secret: expect.stringMatching(/^[\w-]{86}$/) },
    });
    for (const name of names) expect((await stat(join(folder, 'new', name))).mode & 0o777).toBe(0o600);
    expect(out).not.toContain(parseSecrets(broadcaster)['to-broadcaster']?.secret);
    expect(authBySecrets(parseSecrets(broadcaster)).toSubscriber).not.toBe(noAuth);
  });

  test('leaves out a direction that proves nothing', async () => {
    const folder = await newFolder();
    await run(['init-secrets', '--to-broadcaster', 'token', '--to-subscriber', 'none'], { cwd: folder });
    const [file = ''] = await read(folder);
    expect(Object.keys(parseSecrets(file))).toEqual(['to-broadcaster']);
    expect(parseSecrets(file)['to-broadcaster']?.type).toBe('token');
  });

  test('never overwrites, and leaves nothing of a half of it', async () => {
    for (const name of names) {
      const folder = await newFolder();
      await writeFile(join(folder, name), 'mine');
      const { code, err } = await run(['init-secrets', folder]);
      expect(code).toBe(1);
      expect(err).toMatch(/PUBSUB_OPTIONS: There are secrets in .* already/);
      expect(await readdir(folder)).toEqual([name]);
      expect(await readFile(join(folder, name), 'utf8')).toBe('mine');
    }
  });

  test('writes through no link', async () => {
    const folder = await newFolder();
    await symlink(join(folder, 'elsewhere'), join(folder, names[0] ?? ''));
    expect((await run(['init-secrets', folder])).code).toBe(1);
    expect(await readdir(folder)).toEqual([names[0]]);
  });

  test('refuses another type', async () => {
    expect(await run(['init-secrets', '--to-broadcaster', 'rot13'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('--to-broadcaster takes hmac, token or none, not "rot13".'),
    });
  });
});

describe('sign and verify', () => {
  const said = JSON.stringify({
    kind: 'notify',
    topic: 'foo/bar',
    identifier: 'hex:01020304',
    data: 'Hello, world!',
  });
  const secrets = 'broadcaster-secrets.json';

  test('what one signs, the other accepts; and what was said differently, it does not', async () => {
    const cwd = await newFolder();
    await run(['init-secrets'], { cwd });
    const { out } = await run(['sign', said, '--secrets', secrets], { cwd });
    expect(out).toMatch(/^X-HMAC \d+:[\w-]{6}:[A-Za-z0-9+/]{86}==\n$/);
    const authorization = out.trim();
    expect(await run(['verify', said, authorization, '--secrets', secrets], { cwd })).toMatchObject({
      code: 0,
      out: 'accepted\n',
    });
    const other = said.replace('foo/bar', 'foo/baz');
    expect(await run(['verify', other, authorization, '--secrets', secrets], { cwd })).toMatchObject({
      code: 2,
      out: 'refused: another secret signed it, or something else was said\n',
    });
  });

  test('what was right in 2023 is told apart from what is wrong', async () => {
    const cwd = await newFolder();
    const secret = Buffer.from(Array.from({ length: 64 }, (_, index) => index)).toString('base64url');
    const file = { version: '2', 'to-broadcaster': { type: 'hmac', secret } };
    await writeFile(join(cwd, secrets), JSON.stringify(file));
    // By lonelypsp.
    const mac = 'IeXiAhzCnk8Wf3a8mY0ULbmZwllyVG0kUoScuMBxS2qUfLLKCU4zwdv5pguAyxcq5640+aPtpQThSUWOfN4zkA==';
    const old = `X-HMAC 1700000000:AAAAAA:${mac}`;
    const { code, out } = await run(['verify', said, old, '--secrets', secrets], { cwd });
    expect(code).toBe(2);
    expect(out).toMatch(/^refused: it is right, but its time is \d+ s ago\n$/);
  });

  test.each([
    ['no JSON', 'has to be JSON'],
    ['{"kind":"shout"}', '"kind" has to be one of "subscribe-exact"'],
    ['{"kind":"check"}', '"url" has to be there for check'],
    ['{"kind":"set","url":"http://a.example","etag":"hex:00"}', '"etag" has to be 64 bytes'],
    [
      '{"kind":"notify","topic":"a","identifier":"hex:0","data":"x"}',
      '"identifier" has to be a text, or hex:',
    ],
    ['{"kind":"check","uri":"x"}', '"uri" is no setting.'],
  ])('refuse %s', (wrong, message) => {
    expect(() => readOperation(wrong)).toThrow(
      expect.objectContaining({ code: 'PUBSUB_OPTIONS', message: expect.stringContaining(message) }),
    );
  });
});

test('a command that makes no sense ends with 1, and says why', async () => {
  expect(await run(['serve', '--config', 'missing.json'])).toMatchObject({
    code: 1,
    out: '',
    err: "millrace-pubsub: PUBSUB_OPTIONS: The file missing.json of the configuration can't be read.\n",
  });
});

test.each([
  [['fly'], 'There is no command "fly"'],
  [['serve'], 'It needs --config'],
  [['serve', '--config', 'a', 'b'], '"b" is one too many'],
  [['serve', '--nonsense'], "Unknown option '--nonsense'"],
  [['tail'], 'tail needs a glob'],
  [['sign', '{}'], 'It needs --secrets'],
  [['verify', '{}', '--secrets', 'a'], 'It needs the authorization'],
])('refuses %j', (args, message) => {
  expect(() => readArguments(args)).toThrow(
    expect.objectContaining({ code: 'PUBSUB_OPTIONS', message: expect.stringContaining(message) }),
  );
});

test.each([[[]], [['--help']], [['serve', '--help']]])('explains itself to %j', async (args) => {
  expect(await run(args)).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^Usage: millrace-pubsub <command>/),
  });
});
