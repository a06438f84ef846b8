import type { NodeState } from './cluster/cluster.ts';
import type { NodeServer } from './node-server.ts';
import type { ServerContext } from './server-context.ts';

/** One node of the cluster. */
export interface EventStoreNode {
  readonly host: string;
  readonly port: number;
  readonly state: NodeState;
  readonly alive: boolean;
  /** It becomes the leader, and the one before follows. */
  lead(): void;
  /** It becomes a read-only replica, which never leads. */
  becomeReplica(): void;
  /** It is down: connections are reset and refused. When it was the leader, nobody leads until another does. */
  stop(): Promise<void>;
  /** It is back, on the same port, as a follower; alone, as the leader. */
  start(): Promise<void>;
}

export function nodeControl(
  { cluster, groups }: ServerContext,
  { node, network }: NodeServer,
): EventStoreNode {
  return {
    host: node.host,
    get port() {
      return node.port;
    },
    get state() {
      return node.state;
    },
    get alive() {
      return node.alive;
    },
    lead: () => cluster.elect(node),
    becomeReplica() {
      node.state = 'read-only-replica';
    },
    async stop() {
      node.alive = false;
      await network.refuse();
      if (node.state !== 'leader') return;
      if (cluster.nodes.length > 1) cluster.elect(undefined);
      // What a process had in memory ends with it: of its groups it knows later what their streams say.
      else groups.restart();
    },
    async start() {
      await network.heal();
      node.alive = true;
    },
  };
}
