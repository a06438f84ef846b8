import { setTimeout } from 'node:timers/promises';
import type { Counters, RandomFaultKind } from '@millrace/testing/salesforce';
import { expect } from 'vitest';
import { seeded } from '../seeded.ts';
import { until } from '../until.ts';
import { openBooks } from './books.ts';
import { openCrm } from './crm.ts';
import type { Findings } from './history.ts';
import { examine, examineUnfinished, nothingFound } from './history.ts';
import type { IncidentKind } from './incidents.ts';
import { drawIncidents } from './incidents.ts';
import { watchProgress } from './progress.ts';
import { createReader } from './reader.ts';
import { createStorm } from './storm.ts';

export interface SoakOptions {
  /** Of everything that is drawn. What comes of it also depends on how fast the machine is. */
  readonly seed: number;
  readonly events: number;
  /** How many of them at most are published and have no effect yet. */
  readonly backlog: number;
  readonly incidents: Readonly<Record<IncidentKind, number>>;
  /** One request in so many meets a fault. */
  readonly faultEvery: number;
  /** Whether the faults go on until there was each of them. */
  readonly everyFault: boolean;
}

export interface SoakReport {
  /** After each of which nothing was found. */
  readonly kills: number;
  /** What was found in the end. */
  readonly findings: Findings;
  /** Faults by kind. */
  readonly injected: Readonly<Record<RandomFaultKind, number>>;
  /** Of the org. */
  readonly counters: Counters;
  /** How many logins there were reasons for, at most. */
  readonly reasonsForLogin: number;
  /** Of the last process, which was told to end. */
  readonly exitCode: number | string;
  readonly seconds: number;
}

const speed = 20;

/** Faults after which a token is renewed, or that may have damaged the answer with a new one. */
const costsLogin: readonly RandomFaultKind[] = [
  ...(['http-401', 'http-403', 'authentication', 'revoke-tokens', 'move-instance', 'redirect'] as const),
  ...(['truncate', 'reset'] as const),
];

/** Lets events happen in an org, and everything that can go wrong on the way to a reader that writes them down. */
export async function soak(options: SoakOptions): Promise<SoakReport> {
  const { seed, events } = options;
  const startedAt = performance.now();
  const time = { since: Date.now(), speed };
  const random = seeded(seed);
  const crm = await openCrm({ seed, time, random });
  const { org, channels } = crm;
  const books = openBooks();
  const { clientId, clientSecret } = org.credentials;
  const login = { clientId, clientSecret, loginUrl: org.url };
  const reader = createReader({ ledger: books.path, login, channels, time, seed });
  const storm = createStorm(org, seed, options.faultEvery);
  const incidents = [...drawIncidents(options.incidents, events, random)];
  let kills = 0;

  async function happen(kind: IncidentKind): Promise<void> {
    switch (kind) {
      case 'kill':
        await reader.end('SIGKILL');
        kills += 1;
        // What is wrong here would only show as a soak that never ends.
        expect(examineUnfinished(books.history(crm.published)), `after kill ${kills}`).toEqual(nothingFound);
        // From here on two sessions at once are two of one process.
        await until(() => org.counters.sessions === 0);
        return reader.start();
      case 'revoke tokens':
        return org.revokeTokens();
      case 'kick':
        return org.kick();
      case 'expire routes':
        return org.expireRoutes();
      case 'move instance':
        return await org.moveInstance();
    }
  }

  function changeWeather(effects: number): void {
    if (options.everyFault && effects >= 0.8 * events) storm.completeThem();
    const enough = !options.everyFault || storm.missing.length === 0;
    if (enough && effects >= 0.9 * events) storm.stop();
  }

  const watch = watchProgress({ crm, books, reader, storm });
  reader.start();
  await reader.reading();
  storm.begin();
  for (let effects = 0; effects < events;) {
    await watch();
    ({ effects } = books);
    // The last ones come when the storm is over, so that there is something to come back for.
    const most = storm.raging ? Math.floor(0.95 * events) : events;
    crm.publishUpTo(Math.min(effects + options.backlog, most));
    while (incidents[0] && incidents[0].after <= effects) await happen(incidents.shift()?.kind ?? 'kick');
    if (storm.raging) changeWeather(effects);
    await setTimeout(10);
  }
  const exitCode = await reader.end('SIGTERM');
  const { injected } = storm;
  const { 'revoke tokens': revocations, 'move instance': moves } = options.incidents;
  return {
    kills,
    findings: examine(books.history(crm.published)),
    injected,
    counters: org.counters,
    reasonsForLogin: costsLogin.reduce(
      (sum, kind) => sum + injected[kind],
      reader.starts + revocations + moves,
    ),
    exitCode,
    seconds: Math.round((performance.now() - startedAt) / 1_000),
  };
}
