import { randomUUID } from 'node:crypto';

/** Of the states that gossip knows, those that a client acts on. */
export type NodeState = 'leader' | 'follower' | 'read-only-replica' | 'unknown';

/** One server of the cluster, as gossip tells of it. */
export interface ClusterNode {
  readonly id: string;
  readonly host: string;
  /** Zero until it listens. */
  port: number;
  state: NodeState;
  /** Whether its neighbours hear from it. */
  alive: boolean;
}

export interface Cluster {
  readonly nodes: readonly ClusterNode[];
  /** The node that is alive and leads; none while there is an election. */
  leader(): ClusterNode | undefined;
  /** Makes a node the leader, or nobody: then there is an election. */
  elect(node: ClusterNode | undefined): void;
  /** Is called when the leader leads no more. */
  onLeaderLost(listener: () => void): void;
}

export function createCluster(size: number): Cluster {
  const nodes = Array.from({ length: size }, (_, index): ClusterNode => ({
    id: randomUUID(),
    host: '127.0.0.1',
    port: 0,
    state: index === 0 ? 'leader' : 'follower',
    alive: true,
  }));
  const listeners: (() => void)[] = [];
  return {
    nodes,
    leader: () => nodes.find((node) => node.alive && node.state === 'leader'),
    onLeaderLost: (listener) => void listeners.push(listener),
    elect(elected) {
      const before = nodes.find((node) => node.state === 'leader');
      for (const node of nodes) {
        if (node === elected) node.state = 'leader';
        else if (node.state !== 'read-only-replica') node.state = elected ? 'follower' : 'unknown';
      }
      if (before && before !== elected) for (const listener of listeners) listener();
    },
  };
}
