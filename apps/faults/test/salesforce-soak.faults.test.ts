import { expect, test } from 'vitest';
import { nothingFound } from './support/salesforce/history.ts';
import { soak } from './support/salesforce/soak.ts';

const seed = Number(process.env['MILLRACE_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

test(
  `50,000 events of an org with every trouble there is take effect once and in order, through five kills (MILLRACE_SEED=${seed})`,
  { timeout: 900_000 },
  async () => {
    const { kills, findings, counters, reasonsForLogin, exitCode, injected, seconds } = await soak({
      seed,
      events: 50_000,
      backlog: 500,
      incidents: { kill: 5, 'revoke tokens': 10, kick: 4, 'expire routes': 4, 'move instance': 2 },
      faultEvery: 10,
      everyFault: true,
    });
    const { faults, handshakes, logins, connects, delivered, mostSessions } = counters;
    console.log(
      `Seed ${seed}, ${seconds} s: ${faults} faults, ${handshakes} handshakes, ${logins} logins of at most ` +
        `${reasonsForLogin}, ${connects} connects, ${delivered} events delivered.`,
    );
    expect(kills).toBe(5);
    expect(findings).toEqual(nothingFound);
    expect(exitCode).toBe(0);
    expect(Object.values(injected)).not.toContain(0);
    expect(mostSessions).toBe(1);
    expect(logins).toBeLessThanOrEqual(reasonsForLogin);
  },
);
