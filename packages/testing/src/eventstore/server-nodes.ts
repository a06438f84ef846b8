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

export function nodeControl({ cluster }: ServerContext, { node, network }: NodeServer): EventStoreNode {
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
      if (cluster.nodes.length > 1 && node.state === 'leader') cluster.elect(undefined);
    },
    async start() {
      await network.heal();
      node.alive = true;
    },
  };
}
