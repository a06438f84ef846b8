import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findKafka } from '../../../scripts/servers/kafka.ts';
import { readDataset } from '../src/dataset/files.ts';
import { tickets } from '../src/relay/tickets.ts';
import { withoutTariff } from '../src/dataset/parcel-story.ts';
import type { Counts } from '../src/ledger/audit.ts';

const { events, mishaps, crm, parcels, pushes } = readDataset();
const mishapsOf = (...kinds: readonly string[]) => mishaps.filter(({ kind }) => kinds.includes(kind)).length;
const crmOf = (...fates: readonly string[]) => crm.filter(({ expected }) => fates.includes(expected)).length;
const parcelsOf = (...fates: readonly string[]) =>
  parcels.filter(({ expected }) => fates.includes(expected)).length;
const customsOf = (...fates: readonly string[]) =>
  parcels.filter(({ customs }) => customs !== undefined && fates.includes(customs)).length;
const pushesOf = (...fates: readonly string[]) =>
  pushes.filter(({ expected }) => fates.includes(expected)).length;
const copies = mishapsOf('resent', 'republished');

/** What is counted when all is well. */
const sqs = {
  published: events.length + mishaps.length,
  handled: events.length,
  effects: events.length,
  lost: 0,
  effectsTwice: 0,
  duplicatesSuppressed: copies,
  retried: expect.any(Number) as number,
  deadLettered: mishapsOf('garbage', 'invalid', 'unhandled', 'poison'),
  unhandled: mishapsOf('unhandled'),
  replayed: 0,
};
const salesforce = {
  published: crm.length,
  handled: crmOf('effect'),
  effects: crmOf('effect'),
  lost: 0,
  effectsTwice: 0,
  duplicatesSuppressed: 0,
  retried: expect.any(Number) as number,
  deadLettered: crmOf('invalid', 'exhausted', 'unhandled'),
  unhandled: crmOf('unhandled'),
  replayed: 0,
};
const eventstore = {
  published: parcels.length + customsOf('effect', 'replayed'),
  handled: parcelsOf('effect') + customsOf('effect', 'replayed'),
  effects: parcelsOf('effect') + customsOf('effect', 'replayed'),
  lost: 0,
  effectsTwice: 0,
  duplicatesSuppressed: 0,
  retried: expect.any(Number) as number,
  deadLettered: parcelsOf('invalid', 'unhandled'),
  unhandled: parcelsOf('unhandled'),
  replayed: customsOf('replayed'),
};
const http = {
  published: pushes.length,
  handled: pushesOf('effect'),
  effects: pushesOf('effect'),
  lost: 0,
  effectsTwice: 0,
  duplicatesSuppressed: 0,
  retried: expect.any(Number) as number,
  deadLettered: pushesOf('invalid', 'unhandled', 'undecodable'),
  unhandled: pushesOf('unhandled'),
  replayed: 0,
};
const every = [sqs, salesforce, eventstore, http];
const sum = (count: 'published' | 'handled' | 'effects' | 'deadLettered' | 'unhandled' | 'replayed') =>
  every.reduce((all, each) => all + each[count], 0);
const allEffects = sum('effects');

let temporary: string;

beforeEach(() => {
  temporary = mkdtempSync(join(tmpdir(), 'demo-test-'));
});

afterEach(() => {
  rmSync(temporary, { recursive: true, force: true });
});

const leftBehind = () => readdirSync(temporary).filter((name) => name.startsWith('millrace-'));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Run {
  readonly pid: number | undefined;
  /** Resolves when it has written such a text to standard error. */
  told(text: RegExp): Promise<void>;
  readonly ended: Promise<Ended>;
}

function demo(...args: readonly string[]): Run {
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', '--conditions=@millrace/source', 'src/main.ts', ...args],
    {
      cwd: new URL('..', import.meta.url),
      env: { ...process.env, TMPDIR: temporary },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
  const told = (text: RegExp) =>
    new Promise<void>((resolve, reject) => {
      const look = () => text.test(stderr) && resolve();
      child.stderr.on('data', look);
      look();
      void ended.then(() => reject(new Error(`It ended and did not say ${text}:\n${stderr}`)), reject);
    });
  return { pid: child.pid, told, ended };
}

/** Of the last line on standard output, which is the only one. */
function countsIn({ stdout }: Ended): Counts {
  expect(stdout.trimEnd().split('\n')).toHaveLength(1);
  return JSON.parse(stdout) as Counts;
}

/** What the CRM's server has counted, as the story tells it. */
function expectCrmTroubles(story: string): void {
  const renewed = /(worker \d) was refused, and (\d+) logins? and (\d+) handshakes? later/.exec(story);
  expect(renewed?.slice(2), story).toEqual(['1', '1']);
  const [, victim] = /(worker \d) is killed/.exec(story) ?? [];
  expect(victim).toBe(renewed?.[1]);
  const [, heir] = /(worker \d) reads the CRM now/.exec(story) ?? [];
  expect(heir).toMatch(/^worker \d$/);
  expect(heir).not.toBe(victim);
  const [, disconnected, logins, handshakes] =
    /(worker \d) was disconnected, and (\d+) logins? and (\d+) handshakes? later/.exec(story) ?? [];
  expect([disconnected, logins, handshakes]).toEqual([heir, '0', '1']);
}

/** What the event store's server and its group have told. */
function expectEventStoreTroubles(story: string): void {
  const [, ended] = /The event store is stopped; (\d+) subscriptions end/.exec(story) ?? [];
  // One of the category, and one of each worker in the group.
  expect(Number(ended), story).toBe(3);
  expect(story).toContain('Who published meanwhile was told EVENTSTORE_UNREACHABLE');
  const parked = customsOf('replayed');
  expect(story).toContain(`Customs has parked ${parked} parcels`);
  for (const sku of withoutTariff)
    expect(story).toContain(`The register of tariffs has no number for ${sku}.`);
  expect(story).toContain(`${parked} of ${parked} are declared`);
  const [, handedOut = ''] = /the event store has handed out ([\d,]+) events/.exec(story) ?? [];
  expect(Number(handedOut.replaceAll(',', ''))).toBeGreaterThanOrEqual(eventstore.published + parked);
}

describe('pnpm demo', () => {
  it('loses nothing and does nothing twice, with a worker killed on the way', async () => {
    const ended = await demo('--json').ended;
    expect(ended.code, ended.stderr).toBe(0);
    const counts = countsIn(ended);
    expect(counts).toEqual({
      published: sum('published'),
      handled: sum('handled'),
      effects: allEffects,
      lost: 0,
      effectsTwice: 0,
      duplicatesSuppressed: copies,
      retried: Object.values(counts.sources).reduce((all, { retried }) => all + retried, 0),
      deadLettered: sum('deadLettered'),
      unhandled: sum('unhandled'),
      replayed: sum('replayed'),
      restarts: 1,
      sources: { sqs, salesforce, eventstore, http },
    });
    expect(counts.published).toBe(counts.effects + counts.duplicatesSuppressed + counts.deadLettered);
    // A poison event alone is tried three times more.
    expect(counts.sources.sqs.retried).toBeGreaterThanOrEqual(3 * mishapsOf('poison'));
    expect(counts.sources.salesforce.retried).toBeGreaterThanOrEqual(3 * crmOf('exhausted'));
    // Parked after as many runs, it runs once more.
    expect(counts.sources.eventstore.retried).toBeGreaterThanOrEqual(4 * customsOf('replayed'));
    expect(leftBehind()).toEqual([]);
    expectCrmTroubles(ended.stderr);
    expectEventStoreTroubles(ended.stderr);
    expect(ended.stderr).toContain('Who published meanwhile was told PUBSUB_UNREACHABLE');
    expect(ended.stderr).toContain('What was pushed has arrived.');
    expect(ended.stderr).toContain('There is no Kafka, so nothing is relayed: --kafka starts one');
  });

  it('relays into a topic with --kafka, and the relay that works is killed on the way', async ({ skip }) => {
    const jars = await findKafka();
    if ('missing' in jars) skip(jars.missing);
    const ended = await demo('--json', '--kafka').ended;
    expect(ended.code, ended.stderr).toBe(0);
    const counts = countsIn(ended);
    expect(counts).toMatchObject({
      published: sum('published') + tickets.length,
      effects: allEffects + tickets.length,
      lost: 0,
      effectsTwice: 0,
      sources: {
        kafka: {
          published: tickets.length,
          effects: tickets.length,
          lost: 0,
          effectsTwice: 0,
          deadLettered: 0,
        },
      },
    });
    const [, victim] = /(relay \d) is killed \(SIGKILL\), with \d+ tickets relayed/.exec(ended.stderr) ?? [];
    const [, heir] = /(relay \d) relays now/.exec(ended.stderr) ?? [];
    expect(victim, ended.stderr).toMatch(/^relay \d$/);
    expect(heir, ended.stderr).toBe(victim === 'relay 1' ? 'relay 2' : 'relay 1');
    const [, records] = /The topic holds (\d+) records/.exec(ended.stderr) ?? [];
    expect(Number(records)).toBeGreaterThanOrEqual(tickets.length);
    expect(leftBehind()).toEqual([]);
  });

  it('exits with 1 and says so when a worker writes an effect twice', async () => {
    const ended = await demo('--json', '--sabotage=twice').ended;
    expect(ended.code, ended.stderr).toBe(1);
    expect(countsIn(ended)).toMatchObject({
      effects: allEffects + 1,
      effectsTwice: 1,
      lost: 0,
      sources: { sqs: { ...sqs, effects: sqs.effects + 1, effectsTwice: 1 }, salesforce },
    });
    expect(ended.stderr).toContain('WRONG: 1 × took effect twice');
  });

  it('exits with 1 and says so when a worker says "done" and writes nothing', async () => {
    const ended = await demo('--json', '--sabotage=lose').ended;
    expect(ended.code, ended.stderr).toBe(1);
    expect(countsIn(ended)).toMatchObject({
      effects: allEffects - 1,
      effectsTwice: 0,
      lost: 1,
      sources: { sqs: { ...sqs, effects: sqs.effects - 1, lost: 1 }, salesforce },
    });
    expect(ended.stderr).toContain('WRONG: 1 × lost');
  });

  it.each([
    ['twice', { effects: eventstore.effects + 1, effectsTwice: 1 }, 'WRONG: 1 × took effect twice'],
    ['lose', { effects: eventstore.effects - 1, lost: 1 }, 'WRONG: 1 × lost'],
  ])('exits with 1 and says so when the event is one of a parcel: %s', async (how, spoiled, finding) => {
    const ended = await demo('--json', `--sabotage=${how}`, '--source=eventstore').ended;
    expect(ended.code, ended.stderr).toBe(1);
    expect(countsIn(ended)).toMatchObject({
      sources: { sqs, salesforce, eventstore: { ...eventstore, ...spoiled } },
    });
    expect(ended.stderr).toContain(finding);
    expect(ended.stderr).toContain('WRONG: 1 × misread');
  });

  it.each([
    ['twice', { effects: salesforce.effects + 1, effectsTwice: 1 }, 'WRONG: 1 × took effect twice'],
    ['lose', { effects: salesforce.effects - 1, lost: 1 }, 'WRONG: 1 × lost'],
  ])('exits with 1 and says so when the event is one of the CRM: %s', async (how, spoiled, finding) => {
    const ended = await demo('--json', `--sabotage=${how}`, '--source=salesforce').ended;
    expect(ended.code, ended.stderr).toBe(1);
    expect(countsIn(ended)).toMatchObject({ sources: { sqs, salesforce: { ...salesforce, ...spoiled } } });
    expect(ended.stderr).toContain(finding);
  });

  it.each([
    ['twice', { effects: http.effects + 1, effectsTwice: 1 }, 'WRONG: 1 × took effect twice'],
    ['lose', { effects: http.effects - 1, lost: 1 }, 'WRONG: 1 × lost'],
  ])('exits with 1 and says so when the event is one that was pushed: %s', async (how, spoiled, finding) => {
    const ended = await demo('--json', `--sabotage=${how}`, '--source=http').ended;
    expect(ended.code, ended.stderr).toBe(1);
    expect(countsIn(ended)).toMatchObject({ sources: { sqs, http: { ...http, ...spoiled } } });
    expect(ended.stderr).toContain(finding);
  });

  it('leaves no process and no file behind when it is interrupted', async () => {
    const run = demo('--json');
    await run.told(/\d %/);
    process.kill(run.pid ?? NaN, 'SIGINT');
    const { code, stdout, stderr } = await run.ended;
    expect(code, stderr).toBe(130);
    expect(stdout).toBe('');
    const workers = [...stderr.matchAll(/\(process (\d+)\)/g)].map(([, pid]) => Number(pid));
    expect(workers).toHaveLength(2);
    for (const pid of workers) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    expect(leftBehind()).toEqual([]);
  });

  it('says what it does not understand', async () => {
    const { code, stdout, stderr } = await demo('--sabotage=often').ended;
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain('--sabotage is "twice" or "lose", not "often".');
  });
});
