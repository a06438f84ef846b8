import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Published } from './broker/publisher.ts';
import { publishAll } from './broker/publisher.ts';
import type { Server } from './broker/server.ts';
import { startServer } from './broker/server.ts';
import type { Routes } from './broker/topology.ts';
import { deploy } from './broker/topology.ts';
import { readDataset } from './dataset/files.ts';
import type { Dataset } from './dataset/generate.ts';
import type { Counts } from './ledger/audit.ts';
import { findings } from './ledger/audit.ts';
import type { Books } from './ledger/books.ts';
import { openBooks } from './ledger/books.ts';
import type { Narrator } from './narrator.ts';
import { grouped } from './narrator.ts';
import type { Publication } from './plan.ts';
import { eventIdOf, planPublications } from './plan.ts';
import type { Sabotage } from './worker/config.ts';
import type { WorkerProcess } from './worker/process.ts';
import { startWorker } from './worker/process.ts';

export interface DemoOptions {
  /** For the database and the logs of the workers. */
  readonly directory: string;
  readonly narrator: Narrator;
  readonly sabotage: Sabotage['how'] | undefined;
  /** Ends it early. */
  readonly signal: AbortSignal;
}

export interface DemoResult {
  readonly counts: Counts;
  /** What went wrong, in words; empty when nothing did. */
  readonly findings: readonly string[];
}

/** The whole story: publish, consume in two processes, kill one and start it again, drain, read the books. */
export async function runDemo({ directory, narrator, sabotage, signal }: DemoOptions): Promise<DemoResult> {
  const { say } = narrator;
  const dataset = readDataset();
  const plan = planPublications(dataset);
  const database = join(directory, 'books.sqlite');
  const books = openBooks(database);
  const server = await startServer();
  const crew: WorkerProcess[] = [];
  const over = new AbortController();

  try {
    const routes = await deploy(server.endpoint);
    introduce(say, server, routes, dataset);

    const spoiled = sabotage && { how: sabotage, eventId: eventToSpoil(plan) };
    const start = async (name: string): Promise<WorkerProcess> => {
      const config = { name, database, endpoint: server.endpoint, routes, sabotage: spoiled };
      const worker = await startWorker(config, directory);
      crew.push(worker);
      say(`${name} (process ${worker.pid}) reads both queues.`);
      return worker;
    };
    const [, victim] = await Promise.all([start('worker 1'), start('worker 2')]);

    say(`Publishing ${grouped(plan.length)} messages, while the workers handle them.`);
    const published: Published[] = [];
    const onPublished = (more: readonly Published[]) => published.push(...more);
    const [, restarts] = await Promise.all([
      publishAll(plan, { endpoint: server.endpoint, routes, onPublished }),
      watch({
        backlog: () => server.backlog([routes.orders.queue, routes.activity.queue]),
        books,
        narrator,
        crew,
        expected: expectedEffects(plan),
        signal: AbortSignal.any([signal, over.signal]),
        allPublished: () => published.length === plan.length,
        midway: () => killAndRestart({ victim, server, books, say, start }),
      }),
    ]);

    say('Everything is published and the queues are empty. SIGTERM to both workers: they drain.');
    const ends = await Promise.all(crew.filter(({ isAlive }) => isAlive).map((worker) => worker.drain()));
    const audited = books.audit(published, restarts);
    return {
      counts: audited.counts,
      findings: [...findings(audited), ...ends.filter((end) => end !== undefined)],
    };
  } finally {
    over.abort();
    await Promise.all(crew.map((worker) => worker.kill()));
    await server.stop();
    books.close();
  }
}

function introduce(
  say: Narrator['say'],
  server: Server,
  { orders, activity }: Routes,
  { events, mishaps }: Dataset,
): void {
  say(`An SQS and SNS server runs inside of this process, at ${server.endpoint}. Two topics deliver to two queues:
  shop-orders.fifo → ${orders.queue}   the life of orders, the events of an order one after another
  shop-activity    → ${activity.queue}      what happens around them, in any order
The data: ${grouped(events.length)} events of a web shop, and ${mishaps.length} mishaps: duplicates, garbage, payloads that break their
schema, events that nobody handles, and events whose handler fails each time.
Handlers write into a ledger: a table in the SQLite file where Millrace keeps what is done. Two processes share it.`);
}

interface WatchOptions {
  readonly backlog: () => Promise<number>;
  readonly books: Books;
  readonly narrator: Narrator;
  readonly crew: readonly WorkerProcess[];
  readonly expected: number;
  readonly signal: AbortSignal;
  readonly allPublished: () => boolean;
  /** Called when a third is done, until it answers that it was the moment. */
  readonly midway: () => Promise<boolean>;
}

const lookEvery = 50;

/** Looks until the broker has nothing left: what is not in the books then will never be. Answers how many workers were started again. */
async function watch(options: WatchOptions): Promise<number> {
  const { books, narrator, crew, expected, signal } = options;
  let restarts = 0;
  for (;;) {
    signal.throwIfAborted();
    const allPublished = options.allPublished();
    const backlog = await options.backlog();
    const effects = books.effects();
    narrator.standing({ effects, expected, backlog });
    const crash = crew.find((worker) => worker.crash !== undefined)?.crash;
    if (crash !== undefined) throw new Error(crash);
    if (restarts === 0 && effects >= expected / 3 && (await options.midway())) restarts += 1;
    if (allPublished && backlog === 0) return restarts;
    await pause(lookEvery, undefined, { signal });
  }
}

interface KillOptions {
  readonly victim: WorkerProcess;
  readonly server: Server;
  readonly books: Books;
  readonly say: Narrator['say'];
  readonly start: (name: string) => Promise<WorkerProcess>;
}

/** Kills the worker in the middle of something; answers false when it is in the middle of nothing. */
async function killAndRestart({ victim, server, books, say, start }: KillOptions): Promise<boolean> {
  const { name } = victim;
  if (books.running(name) === 0) return false;
  await victim.kill();
  const unsettled = books.entered(name, await server.received());
  say(
    `${name} is killed (SIGKILL), in the middle of ${books.running(name)} handlers. Of ${unsettled} events it had written the effect`,
  );
  say(
    'and not told the broker. All of these come again when the 6 seconds are over for which they were its own.',
  );
  await start(`${name} again`);
  return true;
}

function expectedEffects(plan: readonly Publication[]): number {
  return new Set(plan.filter(({ expected }) => expected === 'effect').map(eventIdOf)).size;
}

function eventToSpoil(plan: readonly Publication[]): string {
  const victim = plan.find(({ expected, channel }) => expected === 'effect' && channel === 'activity');
  return (victim && eventIdOf(victim)) ?? '';
}
