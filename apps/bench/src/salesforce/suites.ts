import type { Suite } from '../suite.ts';
import { backlogContender, createBacklogs } from './backlog-contender.ts';
import type { Trouble } from './org.ts';
import { startOrg } from './org.ts';
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

/** The peers are left out: they do not get over this by themselves. */
function recoverySuite(name: string, id: string, trouble: Trouble): Suite {
  return {
    name,
    messages: 20,
    warmUps: 2,
    samples: 30,
    quantities: [{ id, kind: 'delay', millrace: names.millrace, raw: names.raw, peers: [] }],
    async open() {
      const org = startOrg(100);
      return {
        contenders: [
          recoveryContender(org, names.raw, 'bare', trouble),
          recoveryContender(org, names.millrace, 'millrace', trouble),
        ],
        close: () => org.close(),
      };
    },
  };
}

export const salesforceSuites: readonly Suite[] = [
  backlogSuite('salesforce', 'salesforce', 100, 10_000),
  backlogSuite('salesforce one by one', 'salesforce.single', 1, 500),
  recoverySuite('salesforce after a revoked token', 'salesforce.renewal_ms', 'revoked'),
  recoverySuite('salesforce after a disconnect by the server', 'salesforce.resume_ms', 'kicked'),
];
