import type { Suite } from '../suite.ts';
import { backlogContender, createBacklogs } from './backlog-contender.ts';
import { startOrg } from './org.ts';
import type { RecoveryOptions } from './recovery-contender.ts';
import { recoveryContender } from './recovery-contender.ts';

const names = {
  raw: 'bare client',
  millrace: 'millrace',
  cometd: 'cometd@9',
  faye: 'faye@1.4',
} as const;

const compared = { millrace: names.millrace, raw: names.raw, peers: [names.cometd, names.faye] };

function backlogSuite(name: string, prefix: string, eventsPerReply: number, messages: number): Suite {
  return {
    name,
    messages,
    warmUps: 2,
    samples: 12,
    quantities: [
      { ...compared, id: `${prefix}.throughput`, kind: 'throughput' },
      { ...compared, id: `${prefix}.cpu_us`, kind: 'cpu' },
    ],
    async open() {
      const org = startOrg(eventsPerReply);
      const backlogs = createBacklogs(org);
      return {
        contenders: [
          backlogContender(org, names.raw, 'bare', backlogs),
          backlogContender(org, names.millrace, 'millrace', backlogs),
          backlogContender(org, names.cometd, 'cometd', backlogs),
          backlogContender(org, names.faye, 'faye', backlogs),
        ],
        close: () => org.close(),
      };
    },
  };
}

/**
 * Milliseconds. A session of hours never meets what the source does against storms: it lets 2 s pass between two logins,
 * and 1.1 s between two polls that come back without events.
 */
const longSession = 2_200;

/** The peers are left out: they do not get over this by themselves. */
function recoverySuite(name: string, id: string, options: RecoveryOptions): Suite {
  return {
    name,
    messages: 20,
    warmUps: 2,
    samples: 20,
    quantities: [{ id, kind: 'delay', millrace: names.millrace, raw: names.raw, peers: [] }],
    async open() {
      const org = startOrg(100);
      return {
        contenders: [
          recoveryContender(org, names.raw, 'bare', options),
          recoveryContender(org, names.millrace, 'millrace', options),
        ],
        close: () => org.close(),
      };
    },
  };
}

export const salesforceSuites: readonly Suite[] = [
  backlogSuite('salesforce', 'salesforce', 100, 20_000),
  backlogSuite('salesforce one by one', 'salesforce.single', 1, 500),
  recoverySuite('salesforce after a revoked token', 'salesforce.renewal_ms', {
    trouble: 'revoked',
    calm: longSession,
  }),
  recoverySuite('salesforce after a disconnect by the server', 'salesforce.resume_ms', {
    trouble: 'kicked',
    calm: 0,
  }),
];
