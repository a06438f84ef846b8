import type { IGossipServer } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/gossip_grpc_pb.js';
import type { MemberInfo } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/gossip_pb.js';
import type { Calls } from '../calls/calls.ts';
import type { ServerContext } from '../server-context.ts';
import type { NodeState } from './cluster.ts';

/** The service `Gossip`: each node tells what it knows of all. */
export function gossipService({ protocol, cluster, settings }: ServerContext, calls: Calls): IGossipServer {
  const { gossip, shared } = protocol;
  const { VNodeState } = gossip.MemberInfo;
  const states: Readonly<Record<NodeState, MemberInfo.VNodeState>> = {
    leader: VNodeState.LEADER,
    follower: VNodeState.FOLLOWER,
    'read-only-replica': VNodeState.READONLYREPLICA,
    unknown: VNodeState.UNKNOWN,
  };
  return {
    read: calls.unary({ name: 'Gossip.Read', leader: 'never' }, () => {
      const info = new gossip.ClusterInfo();
      for (const node of cluster.nodes) {
        const id = new shared.UUID();
        id.setString(node.id);
        const endPoint = new gossip.EndPoint();
        endPoint.setAddress(node.host);
        endPoint.setPort(node.port);
        const member = new gossip.MemberInfo();
        member.setInstanceId(id);
        member.setTimeStamp(String(BigInt(Math.trunc(settings.clock.now())) * 10_000n));
        member.setState(states[node.state]);
        member.setIsAlive(node.alive);
        member.setHttpEndPoint(endPoint);
        info.addMembers(member);
      }
      return info;
    }),
  };
}
