import { invalid } from '../event-log/options.ts';
import { seededRandom } from '../seeded-random.ts';
import type { Fault, FaultTarget } from './fault.ts';
import type { FaultScript } from './fault-script.ts';

export interface RandomFaultsOptions {
  /**
   * The same seed draws the same faults, as far as the requests are the same.
   * @default a new one
   */
  readonly seed?: number;
  /**
   * One request in so many is hit, on average.
   * @default 20
   */
  readonly every?: number;
  /** @default all */
  readonly kinds?: readonly RandomFaultKind[];
}

export interface RandomFaults {
  readonly seed: number;
  /** How many took effect, by kind. */
  readonly injected: Readonly<Record<string, number>>;
  stop(): void;
}

const meta = ['connect', 'subscribe', 'unsubscribe', 'disconnect'] as const;
const everywhere = [...meta, 'handshake', 'token', 'rest'] as const;

const status = (code: number, body: 'json' | 'html' = 'json'): Fault => ({
  kind: 'status',
  status: code,
  body,
});

interface Choice {
  readonly targets: readonly FaultTarget[];
  readonly fault: Fault;
}

/** What chance can do, by name. Token requests are spared what would be a permanent refusal. */
const choices = {
  'http-401': { targets: [...meta, 'handshake', 'rest'], fault: status(401) },
  'http-403': { targets: [...meta, 'handshake', 'rest'], fault: status(403) },
  'http-408': { targets: everywhere, fault: status(408) },
  'http-429': { targets: everywhere, fault: { kind: 'status', status: 429, retryAfter: 1 } },
  'http-500': { targets: everywhere, fault: status(500, 'html') },
  'http-502': { targets: everywhere, fault: status(502, 'html') },
  'http-503': { targets: everywhere, fault: status(503) },
  html: { targets: everywhere, fault: { kind: 'html' } },
  'empty-array': { targets: everywhere, fault: { kind: 'empty-array' } },
  truncate: { targets: everywhere, fault: { kind: 'truncate' } },
  reset: { targets: everywhere, fault: { kind: 'reset' } },
  'black-hole': { targets: everywhere, fault: { kind: 'black-hole' } },
  drip: { targets: everywhere, fault: { kind: 'drip', bytes: 512, pause: 1 } },
  redirect: { targets: [...meta, 'handshake', 'rest'], fault: { kind: 'redirect', status: 307 } },
  'move-instance': { targets: [...meta, 'handshake'], fault: { kind: 'move-instance' } },
  'revoke-tokens': { targets: [...meta, 'handshake'], fault: { kind: 'revoke-tokens' } },
  'expire-routes': { targets: [...meta, 'handshake'], fault: { kind: 'expire-routes' } },
  busy: { targets: [...meta, 'handshake'], fault: { kind: 'busy' } },
  'unknown-client': { targets: meta, fault: { kind: 'unknown-client' } },
  authentication: { targets: [...meta, 'handshake'], fault: { kind: 'authentication' } },
  'concurrent-users': { targets: ['handshake'], fault: { kind: 'concurrent-users' } },
  'daily-limit': { targets: ['connect', 'subscribe'], fault: { kind: 'daily-limit' } },
  kick: { targets: ['connect', 'subscribe'], fault: { kind: 'kick' } },
  'kick-successful': { targets: ['connect', 'subscribe'], fault: { kind: 'kick', successful: true } },
  'without-id': { targets: [...meta, 'handshake'], fault: { kind: 'without-id' } },
  'duplicate-events': { targets: ['connect', 'subscribe'], fault: { kind: 'duplicate-events' } },
} as const satisfies Record<string, Choice>;

export type RandomFaultKind = keyof typeof choices;

export const randomFaultKinds = Object.keys(choices) as readonly RandomFaultKind[];

/** Lets chance decide for each request that no planned fault hits. Replaces what was started before. */
export function startRandomFaults(script: FaultScript, options: RandomFaultsOptions): RandomFaults {
  const { seed = Math.floor(Math.random() * 2 ** 32), every = 20, kinds = randomFaultKinds } = options;
  if (!(every >= 1)) invalid(`every must be 1 or more, not ${every}.`);
  const random = seededRandom(seed);
  const injected: Record<string, number> = {};

  function chance({ target }: { readonly target: FaultTarget }): Fault | undefined {
    if (random() * every >= 1) return undefined;
    const possible = kinds.filter((kind) =>
      (choices[kind].targets as readonly FaultTarget[]).includes(target),
    );
    const kind = possible[Math.floor(random() * possible.length)];
    if (kind === undefined) return undefined;
    injected[kind] = (injected[kind] ?? 0) + 1;
    return choices[kind].fault;
  }

  script.chance = chance;
  return {
    seed,
    injected,
    stop() {
      if (script.chance === chance) script.chance = undefined;
    },
  };
}
