import { Server, ServerCredentials } from '@grpc/grpc-js';
import type { TcpProxy } from '../tcp-proxy/tcp-proxy.ts';
import { tcpProxy } from '../tcp-proxy/tcp-proxy.ts';
import { createCalls } from './calls/calls.ts';
import type { ClusterNode } from './cluster/cluster.ts';
import { featuresService } from './cluster/features-service.ts';
import { gossipService } from './cluster/gossip-service.ts';
import { persistentSubscriptions } from './persistent/persistent-subscriptions.ts';
import { refusals } from './refusal.ts';
import type { ServerContext } from './server-context.ts';
import { streamsService } from './streams/streams-service.ts';

/** One node that listens. Its connections go through a proxy, so that they can be cut and frozen as a network does it. */
export interface NodeServer {
  readonly node: ClusterNode;
  readonly network: TcpProxy;
  close(): Promise<void>;
}

/** The most bytes of a message, as clients allow it too. */
const receiveLimit = 17 * 1024 * 1024;

/** Rejects when the port is taken. */
export async function startNode(
  context: ServerContext,
  node: ClusterNode,
  port: number,
): Promise<NodeServer> {
  const { services } = context.protocol;
  const calls = createCalls(context, node);
  const server = new Server({
    'grpc.max_concurrent_streams': context.settings.streamCap,
    'grpc.max_receive_message_length': receiveLimit,
    'grpc.max_send_message_length': -1,
  });
  const offered = [services.streams, services.persistent, services.gossip, services.features];
  server.addService(services.streams, streamsService(context, calls));
  server.addService(services.persistent, persistentSubscriptions(context, calls));
  server.addService(services.gossip, gossipService(context, calls));
  server.addService(services.features, featuresService(context, calls, offered));
  const network = await tcpProxy({ port, target: { port: await listen(server, context) } });
  node.port = network.port;
  return {
    node,
    network,
    async close() {
      for (const subscription of context.subscriptions) subscription.end(refusals.cancelled);
      await network.close();
      server.forceShutdown();
    },
  };
}

function listen(server: Server, { settings }: ServerContext): Promise<number> {
  const credentials = settings.tls
    ? ServerCredentials.createSsl(null, [
        { private_key: Buffer.from(settings.tls.key), cert_chain: Buffer.from(settings.tls.certificate) },
      ])
    : ServerCredentials.createInsecure();
  return new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', credentials, (error, bound) => (error ? reject(error) : resolve(bound)));
  });
}
