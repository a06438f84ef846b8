import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { promisify } from 'node:util';

/** A call as it came over the wire, in AWS JSON 1.0. */
export interface Call {
  readonly action: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/** What the double does with a call instead of passing it on. */
export type Answer = (call: Call, exchange: Exchange) => void | Promise<void>;

export interface Exchange {
  readonly response: ServerResponse;
  /** What the server behind answers. */
  pass(): Promise<{ readonly status: number; readonly body: string }>;
}

export interface SqsDouble {
  readonly url: string;
  /** Every call so far. */
  readonly calls: readonly Call[];
  /** Connections that are open. */
  connections(): Promise<number>;
  /** Answers the next call of this action; several wait in line. */
  once(action: string, answer: Answer): void;
  /** Answers all calls of this action that nothing waits for in line; undefined passes them on again. */
  always(action: string, answer: Answer | undefined): void;
  close(): Promise<void>;
}

/** An HTTP server between the real client and the real emulator: passes calls on, unless told what to answer. */
export async function startSqsDouble(behind: string): Promise<SqsDouble> {
  const calls: Call[] = [];
  const line: { readonly action: string; readonly answer: Answer }[] = [];
  const standing = new Map<string, Answer>();

  function answerFor(action: string): Answer {
    const index = line.findIndex((entry) => entry.action === action);
    return (index < 0 ? undefined : line.splice(index, 1)[0]?.answer) ?? standing.get(action) ?? passOn;
  }

  async function handle(incoming: IncomingMessage, response: ServerResponse) {
    const action = String(incoming.headers['x-amz-target']).replace('AmazonSQS.', '');
    const input = (await json(incoming)) as Call['input'];
    const call = { action, input };
    calls.push(call);
    await answerFor(action)(call, { response, pass: () => forward(behind, incoming, response, input) });
  }

  const server = createServer((incoming, response) => {
    // A client that goes away mid-call is part of what is tested.
    handle(incoming, response).catch(() => response.destroy());
  });
  // Connections end when the client says so.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    connections: () => promisify(server.getConnections.bind(server))(),
    once: (action, answer) => line.push({ action, answer }),
    always(action, answer) {
      if (answer) standing.set(action, answer);
      else standing.delete(action);
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

function forward(behind: string, incoming: IncomingMessage, response: ServerResponse, input: unknown) {
  return new Promise<{ status: number; body: string }>((resolve, reject) => {
    const outgoing = request(behind, { method: 'POST', headers: incoming.headers }, (answer) => {
      let body = '';
      answer.setEncoding('utf8');
      answer.on('data', (text: string) => (body += text));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 500, body }));
    });
    response.on('close', () => outgoing.destroy());
    outgoing.on('error', reject);
    outgoing.end(JSON.stringify(input));
  });
}

const passOn: Answer = async (_call, { response, pass }) => {
  const { status, body } = await pass();
  send(response, status, body);
};

function send(response: ServerResponse, status: number, body: string, headers = {}) {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0', ...headers }).end(body);
}

/** An answer made up. */
export const reply =
  (output: unknown): Answer =>
  (_call, { response }) =>
    send(response, 200, JSON.stringify(output));

/** An error as SQS writes it: the modelled name in the body, the query name in a header. */
export const fail =
  (name: string, { status = 400, message = name, code = name } = {}): Answer =>
  (_call, { response }) =>
    send(response, status, JSON.stringify({ __type: `com.amazonaws.sqs#${name}`, message }), {
      'x-amzn-query-error': `${code};Sender`,
    });

/** The connection stays open and silent. */
export const hang: Answer = () => {};

/** The connection breaks. */
export const cut: Answer = (_call, { response }) => {
  response.destroy();
};

/** Answers with what the server behind says, changed. */
export const change =
  (edit: (output: Record<string, unknown>, call: Call) => unknown): Answer =>
  async (call, { response, pass }) => {
    const { status, body } = await pass();
    send(response, status, JSON.stringify(edit(JSON.parse(body) as Record<string, unknown>, call)));
  };
