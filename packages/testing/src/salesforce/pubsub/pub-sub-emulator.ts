import { randomUUID } from 'node:crypto';
import type { ServerDuplexStream } from '@grpc/grpc-js';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import type { SalesforceEmulator } from '../emulator.ts';
import type { PubSubCounters } from './counters.ts';
import type { PubSubCall } from './fault-plan.ts';
import type { ManagedSubscription } from './managed-subscriptions.ts';
import type { FetchRequest, FetchResponse, ManagedFetchRequest, ManagedFetchResponse } from './messages.ts';
import type { PubSubEmulatorOptions, PubSubSettings } from './options.ts';
import { pubSubSettings } from './options.ts';
import { createPubSubOrg } from './pub-sub-org.ts';
import type { Refusal } from './refusal.ts';
import { refusals } from './refusal.ts';
import type { StreamCall } from './stream-call.ts';
import { streamCall } from './stream-call.ts';
import { onFetch, onManagedFetch } from './subscribe.ts';
import { unaryCalls } from './unary.ts';
import { pubSubService } from './wire.ts';

/** The Pub/Sub API of an emulated org: the same events, channels and tokens, over gRPC. */
export interface PubSubEmulator extends AsyncDisposable {
  /** Host and port. */
  readonly endpoint: string;
  readonly port: number;
  readonly managedSubscriptions: readonly ManagedSubscription[];
  /** Refuses the next calls of that kind, one unless told otherwise. */
  refuseNext(call: PubSubCall, refusal: Refusal, times?: number): void;
  /** Ends all open streams; without a refusal as if all had been said. Answers how many there were. */
  endStreams(refusal?: Refusal): number;
  /** Streams that are open send nothing, not even keep-alives, as long as it is on. */
  mute(muted: boolean): void;
  /** Whether the user may read the topic. */
  deny(topic: string, denied?: boolean): void;
  readonly counters: PubSubCounters;
  /** Ends all calls at once. Works twice. */
  close(): Promise<void>;
}

/** Starts it beside the org. Rejects when the port is taken. */
export async function pubSubEmulator(
  org: Pick<SalesforceEmulator, 'log' | 'orgId' | 'acceptsToken'>,
  options: PubSubEmulatorOptions = {},
): Promise<PubSubEmulator> {
  const settings = pubSubSettings(options);
  const shared = createPubSubOrg(org, settings);
  const { counts } = shared;
  const streams = new Set<StreamCall<FetchResponse>>();

  function open<Request, Response extends FetchResponse>(
    name: PubSubCall,
    onRequest: (request: Request, call: StreamCall<Response>) => void,
  ) {
    return (stream: ServerDuplexStream<Request, Response>) => {
      counts.subscribes += 1;
      const call = streamCall(stream, randomUUID(), { onRequest, onEnd: (ended) => streams.delete(ended) });
      const planned = shared.faults.take(name);
      if (planned) call.end(planned);
      else if (!shared.accepts(stream.metadata)) call.end(refusals.auth);
      else if (streams.size >= settings.concurrentClients) call.end(refusals.clients);
      else streams.add(call);
    };
  }

  const server = new Server({ 'grpc.max_send_message_length': -1, 'grpc.max_receive_message_length': -1 });
  server.addService(pubSubService, {
    ...unaryCalls(shared),
    Subscribe: open('Subscribe', (request: FetchRequest, call: StreamCall<FetchResponse>) =>
      onFetch(shared, request, call),
    ),
    ManagedSubscribe: open(
      'ManagedSubscribe',
      (request: ManagedFetchRequest, call: StreamCall<ManagedFetchResponse>) =>
        onManagedFetch(shared, request, call),
    ),
  });
  const port = await listen(server, settings);

  function endStreams(refusal?: Refusal): number {
    const open = [...streams];
    for (const call of open) call.end(refusal);
    return open.length;
  }

  async function close(): Promise<void> {
    endStreams(refusals.unavailable);
    server.forceShutdown();
  }

  return {
    endpoint: `127.0.0.1:${port}`,
    port,
    managedSubscriptions: shared.managed,
    refuseNext: (call, refusal, times = 1) => shared.faults.add(call, refusal, times),
    endStreams,
    mute(muted) {
      for (const call of streams) call.delivery?.mute(muted);
    },
    deny(topic, denied = true) {
      if (denied) shared.denied.add(topic);
      else shared.denied.delete(topic);
    },
    get counters() {
      return { ...counts, streams: streams.size };
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function listen(server: Server, { port, tls }: PubSubSettings): Promise<number> {
  const credentials = tls
    ? ServerCredentials.createSsl(null, [
        { private_key: Buffer.from(tls.key), cert_chain: Buffer.from(tls.certificate) },
      ])
    : ServerCredentials.createInsecure();
  return new Promise((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${port}`, credentials, (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
}
