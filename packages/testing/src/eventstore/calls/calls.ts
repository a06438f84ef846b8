import type {
  handleBidiStreamingCall,
  handleClientStreamingCall,
  handleServerStreamingCall,
  handleUnaryCall,
  Metadata,
  ServerReadableStream,
} from '@grpc/grpc-js';
import type { ClusterNode } from '../cluster/cluster.ts';
import { add } from '../counters.ts';
import type { CallFault } from '../faults.ts';
import { takeFault } from '../faults.ts';
import type { Refusal } from '../refusal.ts';
import { refusals, statusOf } from '../refusal.ts';
import type { ServerContext } from '../server-context.ts';
import type { Responses } from './responses.ts';
import { responsesOf } from './responses.ts';

/** Wraps the methods of services: counts calls, looks at credentials and at who leads, and applies planned faults. */
export interface Calls {
  /** A handler refuses by throwing what `statusOf` makes. */
  unary<Request, Response>(
    method: Method,
    handle: (request: Request, metadata: Metadata) => Response | Promise<Response>,
  ): handleUnaryCall<Request, Response>;
  requestStream<Request, Response>(
    method: Method,
    handle: (requests: AsyncIterable<Request>, metadata: Metadata) => Promise<Response>,
  ): handleClientStreamingCall<Request, Response>;
  responseStream<Request, Response>(
    method: Method,
    handle: (request: Request, responses: Responses<Response>, metadata: Metadata) => void | Promise<void>,
  ): handleServerStreamingCall<Request, Response>;
  duplex<Request, Response>(
    method: Method,
    handle: (
      requests: ServerReadableStream<Request, Response>,
      responses: Responses<Response>,
      metadata: Metadata,
    ) => void | Promise<void>,
  ): handleBidiStreamingCall<Request, Response>;
}

export interface Method {
  /** Such as `Streams.Read`. */
  readonly name: string;
  /** `always`: only the leader answers. Else the caller decides, by a header. */
  readonly leader?: 'always' | 'never';
}

type Verdict = Extract<CallFault, { readonly kind: 'hang' | 'end' | 'refuse' | 'lose-answer' }> | undefined;

export function createCalls(context: ServerContext, node: ClusterNode): Calls {
  const { counts, faults, access, cluster } = context;

  function admit({ name, leader }: Method, metadata: Metadata): Verdict {
    add(counts.calls, name, 1);
    const planned = takeFault(faults, name);
    if (planned) return planned;
    const refusal = access.refusalOfCaller(metadata) ?? refusalOfNode(leader, metadata);
    return refusal && { kind: 'refuse', refusal };
  }

  function refusalOfNode(needsLeader: Method['leader'], metadata: Metadata): Refusal | undefined {
    const asked = metadata.get('requires-leader')[0]?.toString().toLowerCase() === 'true';
    if (needsLeader === 'never' || (needsLeader === undefined && !asked)) return undefined;
    const leader = cluster.leader();
    if (leader === node) return undefined;
    return leader ? refusals.notLeader(leader.host, leader.port) : refusals.noLeader;
  }

  /** A stream of responses that is open, or undefined where there is nothing left to do. */
  function open<Response>(
    method: Method,
    call: Parameters<typeof responsesOf<Response>>[0] & { readonly metadata: Metadata },
  ): Responses<Response> | undefined {
    const responses = responsesOf<Response>(call);
    add(counts.open, method.name, 1);
    responses.over.addEventListener('abort', () => add(counts.open, method.name, -1), { once: true });
    const verdict = admit(method, call.metadata);
    if (!verdict) return responses;
    if (verdict.kind === 'end') responses.end();
    else if (verdict.kind !== 'hang') responses.end(verdict.refusal);
    return undefined;
  }

  async function answer<Response>(
    verdict: Verdict,
    handle: () => Response | Promise<Response>,
    callback: (error: Error | null, response?: Response) => void,
  ): Promise<void> {
    if (verdict?.kind === 'hang') return;
    try {
      if (verdict?.kind === 'refuse') throw statusOf(verdict.refusal);
      const response = await handle();
      if (verdict?.kind === 'lose-answer') throw statusOf(verdict.refusal);
      if (verdict?.kind === 'end') throw statusOf(refusals.cancelled);
      callback(null, response);
    } catch (error) {
      callback(asError(error));
    }
  }

  return {
    unary: (method, handle) => (call, callback) => {
      void answer(admit(method, call.metadata), () => handle(call.request, call.metadata), callback);
    },
    requestStream: (method, handle) => (call, callback) => {
      void answer(admit(method, call.metadata), () => handle(call, call.metadata), callback);
    },
    responseStream: (method, handle) => (call) => {
      const responses = open(method, call);
      if (responses) void guarded(responses, () => handle(call.request, responses, call.metadata));
    },
    duplex: (method, handle) => (call) => {
      const responses = open(method, call);
      if (responses) void guarded(responses, () => handle(call, responses, call.metadata));
    },
  };
}

async function guarded(responses: Pick<Responses<never>, 'fail'>, handle: () => void | Promise<void>) {
  try {
    await handle();
  } catch (error) {
    responses.fail(asError(error));
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
