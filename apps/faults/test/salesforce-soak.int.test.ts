import { expect, test } from 'vitest';
import { nothingFound } from './support/salesforce/history.ts';
import { soak } from './support/salesforce/soak.ts';

/** The long one, with every fault there is, is among the faults. */
const seed = Number(process.env['MILLRACE_SEED'] ?? 1);

test(
  `2,000 events of an org in trouble take effect once and in order, through a kill (MILLRACE_SEED=${seed})`,
  { timeout: 300_000 },
  async () => {
    const { kills, findings, counters, reasonsForLogin, exitCode } = await soak({
      seed,
      events: 2_000,
      backlog: 100,
      incidents: { kill: 1, 'revoke tokens': 2, kick: 1, 'expire routes': 1, 'move instance': 1 },
      faultEvery: 8,
      everyFault: false,
    });
    expect(kills).toBe(1);
    expect(findings).toEqual(nothingFound);
    expect(exitCode).toBe(0);
    expect(counters.faults).toBeGreaterThan(0);
    expect(counters.mostSessions).toBe(1);
    expect(counters.logins).toBeLessThanOrEqual(reasonsForLogin);
  },
);
