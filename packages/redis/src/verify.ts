import type { Check, Logger } from '@millrace/core';
import type { Node } from './connection/node.ts';
import type { ServerFacts } from './server-facts.ts';
import { readFacts, serversOf } from './server-facts.ts';
import type { RedisErrorCode } from './errors.ts';

/** Whether the servers behind the nodes are set up so that nothing is lost. Never rejects. */
export async function checkNodes(nodes: readonly Node[]): Promise<readonly Check[]> {
  const servers = await Promise.all(nodes.map(serversOf));
  const facts = await Promise.all(servers.flat().map(readFacts));
  return [...facts.flatMap(checksOf), ...checkIndependence(facts, nodes)];
}

export function logWarnings(checks: readonly Check[], log: Logger): void {
  for (const { name, ok, code, problem, remedy } of checks) {
    if (!ok) log.warn(`Check "${name}" failed: ${problem} ${remedy}`, { code });
  }
}

function checksOf(facts: ServerFacts): readonly Check[] {
  const { server, failure, policy, appendOnly, snapshots, configReadable } = facts;
  const check = (what: string, ok: boolean, code: RedisErrorCode, problem: string, remedy: string): Check => {
    const name = `${server}: ${what}`;
    return ok ? { name, ok } : { name, ok, code, problem, remedy, fatal: false };
  };
  const reachable = check(
    'answers',
    failure === undefined,
    'REDIS_UNREACHABLE',
    `It could not be asked for its settings (${failure}).`,
    'Check that it runs, can be reached, and allows INFO.',
  );
  if (!reachable.ok) return [reachable];
  return [
    reachable,
    check(
      'never evicts',
      policy === 'noeviction',
      'REDIS_EVICTION',
      `Its maxmemory-policy is "${policy}", so it may drop "done" records and dead letters when memory runs short.`,
      'Set maxmemory-policy to noeviction.',
    ),
    check(
      'survives a restart',
      appendOnly,
      'REDIS_PERSISTENCE',
      snapshots
        ? 'It writes snapshots only: a crash loses what was done since the last one, and it is done again.'
        : 'It has no append-only file: what it knows may be gone after a restart, and is done again.',
      'Set appendonly to yes, and appendfsync to everysec or always.',
    ),
    check(
      'shows its settings',
      configReadable,
      'REDIS_CONFIG_UNREADABLE',
      'CONFIG may not be read there, as is usual with managed Redis; the other checks went by INFO.',
      'Look in the console of its provider for eviction and persistence, or allow CONFIG GET.',
    ),
  ];
}

/** A majority of three is none when two of them are the same server. */
function checkIndependence(facts: readonly ServerFacts[], nodes: readonly Node[]): readonly Check[] {
  if (nodes.length === 1) return [];
  const ids = facts.flatMap(({ runId }) => runId ?? []);
  const name = 'nodes are different servers';
  if (new Set(ids).size === ids.length) return [{ name, ok: true }];
  return [
    {
      name,
      ok: false,
      code: 'REDIS_SAME_SERVER',
      problem: 'Two of the nodes are the same server, so that one failure counts as two.',
      remedy: 'Give each node a server of its own, on a machine of its own.',
      fatal: false,
    },
  ];
}
