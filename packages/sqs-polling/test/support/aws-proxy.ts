import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** A call over the wire: AWS JSON (SQS) or the query protocol (SNS). */
export interface AwsCall {
  readonly action: string;
  readonly body: string;
}

/** Changes what the server behind has answered; undefined leaves it as it is. */
export type Alter = (call: AwsCall, answer: AwsAnswer) => AwsAnswer | undefined;

export interface AwsAnswer {
  readonly status: number;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface AwsProxy {
  readonly endpoint: string;
  readonly calls: readonly AwsCall[];
  /** For all calls of this action from now on. */
  on(action: string, alter: Alter): void;
  /** Answers the next call of this action, which the server behind never sees; several wait in line. */
  answerNext(action: string, answer: (call: AwsCall) => AwsAnswer | Promise<AwsAnswer>): void;
  close(): Promise<void>;
}

/** Stands between the real clients and a real emulator, for answers that the emulator does not give. */
export async function startAwsProxy(behind: string): Promise<AwsProxy> {
  const calls: AwsCall[] = [];
  const rules = new Map<string, Alter>();
  const line: {
    readonly action: string;
    readonly answer: (call: AwsCall) => AwsAnswer | Promise<AwsAnswer>;
  }[] = [];

  async function handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(incoming);
    const target = incoming.headers['x-amz-target'];
    const action = String(target).split('.')[1] ?? new URLSearchParams(body).get('Action') ?? '';
    const call = { action, body };
    calls.push(call);
    const next = line.findIndex((entry) => entry.action === action);
    const [scripted] = next < 0 ? [] : line.splice(next, 1);
    const answer = scripted ? await scripted.answer(call) : await forward(behind, incoming, body);
    const { status, body: altered, headers } = rules.get(action)?.(call, answer) ?? answer;
    response
      .writeHead(status, { 'content-type': String(incoming.headers['content-type']), ...headers })
      .end(altered);
  }

  const server = createServer((incoming, response) => {
    handle(incoming, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    on: (action, alter) => rules.set(action, alter),
    answerNext: (action, answer) => line.push({ action, answer }),
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

function forward(behind: string, { headers }: IncomingMessage, body: string): Promise<AwsAnswer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(behind, { method: 'POST', headers }, (answer) => {
      text(answer).then((body) => resolve({ status: answer.statusCode ?? 500, body }), reject);
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** An error as SQS writes it. */
export const sqsFailure =
  (name: string, status = 400): Alter =>
  () => ({
    status,
    body: JSON.stringify({ __type: `com.amazonaws.sqs#${name}`, message: name }),
    headers: { 'x-amzn-query-error': `${name};Sender` },
  });

/** An error as SNS writes it. */
export const snsFailure =
  (code: string, status = 403): Alter =>
  () => ({
    status,
    body: `<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>Sender</Type><Code>${code}</Code><Message>${code}</Message></Error><RequestId>1</RequestId></ErrorResponse>`,
  });
