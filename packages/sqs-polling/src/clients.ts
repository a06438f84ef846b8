import type { SNSClientConfig } from '@aws-sdk/client-sns';
import { SNSClient } from '@aws-sdk/client-sns';
import type { SQSClientConfig } from '@aws-sdk/client-sqs';
import { SQSClient } from '@aws-sdk/client-sqs';
import { fromAwsError } from './aws-errors.ts';
import { sqsError } from './errors.ts';

/** How to reach AWS: say nothing (the SDK's own chain), say where, or hand over ready clients. */
export interface ConnectionOptions {
  /**
   * @default the region of the queue URL or ARN, else of the topic ARN, else what the SDK finds (AWS_REGION, profile)
   */
  readonly region?: string;
  /** Base URL of the service, for a server that is not AWS's or for a VPC endpoint. */
  readonly endpoint?: string;
  /** @default the SDK's chain: environment, SSO or profile, web identity, container, instance */
  readonly credentials?: NonNullable<SQSClientConfig['credentials']>;
  /** A ready client for everything but long polls; also for those when there is no `receiveClient`. Never destroyed here. */
  readonly client?: SQSClient;
  /** A ready client for long polls. Give it a request timeout above `waitTime`. Never destroyed here. */
  readonly receiveClient?: SQSClient;
  /** A ready client for topics. Never destroyed here. */
  readonly snsClient?: SNSClient;
}

/** A client, and whether it is ours to close. */
export interface Connection<Client> {
  readonly client: Client;
  /** Closes the client's sockets when we made it; leaves a user's client alone. */
  close(): void;
}

/** An answer to anything but a long poll takes longer than this only when it will never come. */
const callTimeout = 10_000;
const connectionTimeout = 5_000;

/** The client for lookups, settling and sending. */
export function connectSqs(options: ConnectionOptions, region: string | undefined): Connection<SQSClient> {
  if (options.client) return borrowed(options.client);
  return owned(new SQSClient({ ...configOf(options, region), requestHandler: requestHandler(callTimeout) }));
}

/**
 * The client for long polls. It has sockets of its own, so that polls never hold up a delete; it gives up on a
 * silent connection (the SDK by itself waits for ever); and it leaves retries to the poller, which reports them.
 */
export function connectReceive(
  options: ConnectionOptions,
  region: string | undefined,
  limits: { readonly answerWithin: number; readonly sockets: number },
): Connection<SQSClient> {
  const ready = options.receiveClient ?? options.client;
  if (ready) return borrowed(ready);
  return owned(
    new SQSClient({
      ...configOf(options, region),
      maxAttempts: 1,
      requestHandler: requestHandler(limits.answerWithin, limits.sockets),
    }),
  );
}

/** The client for topics. */
export function connectSns(options: ConnectionOptions, region: string | undefined): Connection<SNSClient> {
  if (options.snsClient) return borrowed(options.snsClient);
  return owned(new SNSClient({ ...configOf(options, region), requestHandler: requestHandler(callTimeout) }));
}

/** The region that a client is made for. Refuses a ready client of another region than the queue or topic is in. */
export async function checkRegion(
  client: SQSClient | SNSClient,
  expected: string | undefined,
): Promise<string> {
  let actual: string;
  try {
    actual = await client.config.region();
  } catch (error) {
    throw fromAwsError(error, { action: 'Finding the region', resource: 'the AWS client' });
  }
  if (expected === undefined || actual === expected) return actual;
  throw sqsError(
    'SQS_REGION_MISMATCH',
    `The client is made for region ${actual}, but the queue or topic is in ${expected}. Make the client for ${expected}.`,
  );
}

function configOf({ endpoint, credentials }: ConnectionOptions, region: string | undefined) {
  return {
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
  } satisfies SQSClientConfig & SNSClientConfig;
}

function requestHandler(requestTimeout: number, sockets = 50) {
  const agent = { keepAlive: true, maxSockets: sockets };
  return {
    connectionTimeout,
    requestTimeout,
    throwOnRequestTimeout: true,
    httpAgent: agent,
    httpsAgent: agent,
  };
}

function owned<Client extends { destroy(): void }>(client: Client): Connection<Client> {
  return { client, close: () => client.destroy() };
}

function borrowed<Client>(client: Client): Connection<Client> {
  return { client, close() {} };
}
