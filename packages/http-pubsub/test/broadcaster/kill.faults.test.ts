import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { noAuth } from '../../src/wire/auth/scheme.ts';
import { encodeNotifyPrefix, encodeSubscribe } from '../../src/wire/stateless/requests.ts';
import { notifyReply } from '../../src/wire/stateless/responses.ts';
import { replyOf, sha512, topic } from './support/bench.ts';
import { startSubscriber } from './support/subscriber.ts';

const program = join(import.meta.dirname, 'children/broadcaster.ts');
const nothing = new Uint8Array();

async function start(path: string): Promise<{ readonly child: ChildProcess; readonly url: string }> {
  const child = spawn(process.execPath, ['--conditions=@millrace/source', program, path], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [port] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, url: `http://127.0.0.1:${port.toString().trim()}` };
}

async function kill(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

async function publish(url: string, text: string): Promise<number> {
  const data = Buffer.from(text);
  const name = Buffer.from('t');
  const prefix = encodeNotifyPrefix({
    topic: name,
    digest: sha512(data),
    tracing: nothing,
    identifier: nothing,
    length: data.length,
  });
  const response = await fetch(`${url}/v1/notify`, { method: 'POST', body: Buffer.concat([prefix, data]) });
  if (response.status !== 200) throw new Error(`notify was answered with ${response.status}`);
  return (await replyOf(response, notifyReply())).subscribers;
}

test('what a publisher was told 200 for survives that the broadcaster is killed, for whoever did not confirm', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'broadcaster-kill-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, 'broadcaster.db');
  const auth = { toBroadcaster: noAuth, toSubscriber: noAuth };
  const refusing = await startSubscriber(auth);
  const hanging = await startSubscriber(auth);
  const well = await startSubscriber(auth);
  onTestFinished(async () => {
    await Promise.all([refusing.close(), hanging.close(), well.close()]);
  });
  const never = Promise.withResolvers<void>();
  refusing.behave((response) => void response.writeHead(503).end());
  hanging.behave(() => never.promise);

  let running = await start(path);
  for (const { url } of [refusing, hanging, well]) {
    const body = encodeSubscribe({ url, wanted: topic('t'), recovery: undefined, tracing: nothing });
    expect((await fetch(`${running.url}/v1/subscribe/exact`, { method: 'POST', body })).status).toBe(200);
  }
  const published: string[] = [];
  for (let round = 0; round < 2; round += 1) {
    for (let index = 0; index < 5; index += 1) {
      expect(await publish(running.url, `${round}.${index}`)).toBeLessThanOrEqual(1);
      published.push(`${round}.${index}`);
    }
    await kill(running.child);
    running = await start(path);
  }
  refusing.behave(undefined);
  hanging.behave(undefined);
  const got = (received: typeof well.received) =>
    [...new Set(received.map(({ data }) => data.toString()))].sort();
  await vi.waitFor(
    () => {
      expect(got(well.received)).toEqual(published);
      expect(got(refusing.received)).toEqual(published);
      expect(got(hanging.received)).toEqual(published);
    },
    { timeout: 40_000, interval: 100 },
  );
  await kill(running.child);
}, 90_000);
