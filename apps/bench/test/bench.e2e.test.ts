import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';

import { needsLonelyps } from '../../../packages/http-pubsub/test/python/lonelyps.ts';
import { findKafka } from '../../../scripts/servers/kafka.ts';
import { findRedis } from '../../../scripts/servers/redis-binary.ts';
import type { Report } from '../src/bench.ts';
import type { Result } from '../src/report/result.ts';

const scratch = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** As `pnpm bench` runs it. */
function bench(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const options = ['--conditions=@millrace/source', 'src/main.ts'];
  return spawnSync(process.execPath, [...options, ...args], {
    cwd: join(import.meta.dirname, '..'),
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
}

function resultsIn(stdout: string): readonly Result[] {
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as readonly Result[];
}

const small = ['--warm-ups', '0', '--samples', '1', '--messages', '20', '--json'];
const required = [
  'dispatch.cpu_us',
  'sqs.throughput',
  'sqs.cpu_us',
  'salesforce.throughput',
  'salesforce.cpu_us',
  'salesforce.renewal_ms',
  'salesforce.resume_ms',
  'eventstore.catchup.throughput',
  'eventstore.catchup.cpu_us',
  'eventstore.persistent.throughput',
  'eventstore.persistent.cpu_us',
  'http.receive.throughput',
  'http.receive.cpu_us',
  'idempotency.memory.cpu_us',
  'idempotency.sqlite.throughput',
];
/** Where the Python packages can be had; its own tests are loud about it when they can't. */
const withPython = ['receive.stock', 'fanout.1', 'fanout.10', 'fanout.100'].flatMap((what) => [
  `http.${what}.throughput`,
  `http.${what}.cpu_us`,
]);
/** Where a Kafka can be had; kafka.int.test.ts is loud about it when not. */
const withKafka = [
  'consume',
  'consume.key',
  'consume.idempotency',
  'consume.platformatic',
  'produce.batches',
  'produce.singles',
  'produce.platformatic.batches',
  'produce.platformatic.singles',
].flatMap((what) => [`kafka.${what}.throughput`, `kafka.${what}.cpu_us`]);
const peers: Readonly<Record<string, string>> = {
  'dispatch.cpu_us': 'nestjs@12',
  'sqs.throughput': 'sqs-consumer@15',
  'sqs.cpu_us': 'sqs-consumer@15',
  'salesforce.throughput': 'cometd@9',
  'salesforce.cpu_us': 'faye@1.4',
  'eventstore.persistent.cpu_us': 'raw client, acks in batches',
  'http.receive.stock.cpu_us': 'lonelypsc',
  'kafka.consume.cpu_us': 'nestjs@12',
  'kafka.produce.batches.throughput': 'nestjs@12',
};

function unitOf(id: string): string {
  if (id.endsWith('.cpu_us')) return 'us/message';
  return id.endsWith('_ms') ? 'ms' : 'messages/s';
}

/** It fails when a contender did not handle and settle each message exactly once: see rounds.test.ts. */
test('every contender does its work, and the last line is the results', async () => {
  const python = await needsLonelyps();
  const kafka = await findKafka();
  const raw = join(scratch, 'new', 'raw.json');
  const { status, stdout, stderr } = bench([...small, '--raw', raw]);
  expect(stderr).not.toContain('Error');
  expect(status).toBe(0);

  const results = resultsIn(stdout);
  const wanted = [
    ...required,
    ...(python.skip === true ? [] : withPython),
    ...('missing' in kafka ? [] : withKafka),
  ];
  expect(results.map(({ id }) => id)).toEqual(expect.arrayContaining(wanted));
  for (const result of results) {
    const { id, millrace, raw, ratio, spread } = result;
    const names = ['millrace', 'raw', ...Object.keys(result.peers)];
    expect(Object.keys(result), id).toEqual(['id', 'unit', 'millrace', 'raw', 'ratio', 'peers', 'spread']);
    expect(result.unit, id).toBe(unitOf(id));
    expect(ratio / (millrace / raw), id).toBeCloseTo(1, 2);
    expect(Object.keys(spread).toSorted(), id).toEqual([...names, 'ratio'].toSorted());
    for (const value of [millrace, raw, ...Object.values(result.peers), ...Object.values(spread).flat()]) {
      expect(value, id).toBeGreaterThan(0);
    }
    expect(names, id).toContain(peers[id] ?? 'raw');
  }

  const report = JSON.parse(readFileSync(raw, 'utf8')) as Report;
  expect(report.results).toEqual(results);
  expect(report.before.node).toBe(process.version);
  for (const { name, messages, samples } of report.suites) {
    expect(messages, name).toBe(20);
    for (const [contender, measured] of Object.entries(samples)) expect(measured, contender).toHaveLength(1);
  }
});

test('a prefix chooses results', () => {
  const { status, stdout } = bench(['dispatch.batch', ...small]);
  expect(status).toBe(0);
  expect(resultsIn(stdout).map(({ id }) => id)).toEqual(['dispatch.batch100.cpu_us']);
});

test('every Redis store guards each message on real servers', async ({ skip }) => {
  const redis = await findRedis();
  if ('missing' in redis) skip(redis.missing);
  const { status, stdout, stderr } = bench(['idempotency.red', ...small]);
  expect(stderr).not.toContain('SKIPPED');
  expect(status).toBe(0);
  const ids = ['redis', 'redis-quorum', 'redlock'].flatMap((name) => [
    `idempotency.${name}.cpu_us`,
    `idempotency.${name}.throughput`,
  ]);
  expect(resultsIn(stdout).map(({ id }) => id)).toEqual(ids);
});

test('without a Redis it says what it skips and why, has no numbers, and fails where nothing else was asked for', () => {
  const { status, stdout, stderr } = bench(['idempotency.red', ...small], { REDIS_SERVER_BIN: '/none' });
  const skipped = "REDIS_SERVER_BIN is /none, which can't be run.";
  expect(stderr).toContain(`idempotency in Redis: SKIPPED. ${skipped}`);
  expect(stdout).toContain(`SKIPPED: idempotency in Redis. ${skipped}`);
  expect(resultsIn(stdout)).toEqual([]);
  expect(status).toBe(1);
});

test('without Java it has no numbers for Kafka, and fails', () => {
  const { status, stdout, stderr } = bench(['kafka', ...small], { PATH: '/none' });
  expect(stderr).toMatch(/java|Java/);
  expect(stdout).not.toContain('messages/s');
  expect(status).toBe(1);
});

test.each([
  { args: ['nothing'], problem: 'No result has an id that starts with "nothing".' },
  { args: ['--samples', '0'], problem: '--samples takes a whole number from 1, not "0".' },
  { args: ['dispatch', 'sqs'], problem: 'One prefix of ids at most, not 2.' },
])('fails with $problem', ({ args, problem }) => {
  const { status, stderr } = bench(args);
  expect(stderr).toContain(problem);
  expect(status).toBe(1);
});
